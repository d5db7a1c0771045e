"""How the second server answers for what goes on around code: issues, pull requests, actions, releases."""

from typing import Any

from .plain_places import ID, WHEN, Place
from .plain_wire import Answer, Asked, listed


def issues(asked: Asked) -> Answer:
    return listed(asked, asked.place.issues[::-1])


def new_issue(asked: Asked) -> Answer:
    return Answer(201, asked.place.open(asked.body["title"], asked.body["body"]))


def issue(asked: Asked) -> Answer:
    if asked.number == 4:  # transferred to another repository, which is private
        return Answer(301, headers={"Location": f"{asked.server.url}/repos/Tools/vault/issues/1"})
    return Answer(200, asked.place.issues[asked.number]) if asked.number < len(asked.place.issues) else Answer(404)


def edit(asked: Asked) -> Answer:
    if asked.number == 4:
        return Answer(307, headers={"Location": f"{asked.server.url}/repos/Tools/vault/issues/1"})
    asked.place.issues[asked.number].update(asked.body)
    return Answer(200, asked.place.issues[asked.number])


def comments(asked: Asked) -> Answer:
    return listed(asked, asked.place.comments.get(asked.number, []))


def new_comment(asked: Asked) -> Answer:
    comments = asked.place.comments.setdefault(asked.number, [])
    comments.append({"id": ID + len(comments), "body": asked.body["body"], "user": None})
    return Answer(201, comments[-1])


def _pull_about(place: Place, issue: dict[str, Any]) -> dict[str, Any]:
    head = {"ref": issue["head"], "sha": place.at(issue["head"]), "repo": None, "user": None}
    return {**issue, "head": head, "base": {"ref": issue["base"], "sha": place.at(issue["base"])}}


def pulls(asked: Asked) -> Answer:
    found = [one for one in asked.place.issues if one["pull_request"] is not None]
    return listed(asked, [_pull_about(asked.place, one) for one in found])


def pull(asked: Asked) -> Answer:
    if "diff" in asked.accept:
        return Answer(200, b"diff --git a/README.md b/README.md\n", {"Content-Type": "text/plain"})
    return Answer(200, _pull_about(asked.place, asked.place.issues[asked.number]))


def new_pull(asked: Asked) -> Answer:
    text = asked.body
    made = asked.place.open(
        text["title"], text["body"], pull_request={}, head=text["head"], base=text["base"], merged=None
    )
    return Answer(201, _pull_about(asked.place, made))


def reviews(asked: Asked) -> Answer:
    return listed(asked, asked.place.reviews.get(asked.number, []))


def new_review(asked: Asked) -> Answer:
    reviews = asked.place.reviews.setdefault(asked.number, [])
    reviews.append({"id": ID + len(reviews), "body": asked.body["body"], "user": None})
    return Answer(200, reviews[-1])


def merge(asked: Asked) -> Answer:
    issue = asked.place.issues[asked.number]
    if issue["state"] != "open":
        return Answer(405)
    sha = asked.place.refs[issue["base"]] = asked.place.refs[issue["head"]]
    issue.update(state="closed", merged=True, merged_at=WHEN, merge_commit_sha=sha)
    return Answer(200, {"sha": sha})


def checks(asked: Asked) -> Answer:
    jobs = [{**_job_about(number), "app": None} for number in range(120)]
    return listed(asked, jobs, "check_runs")


def _job_about(number: int) -> dict[str, Any]:
    bad = number == 110
    return {"id": ID + number, "name": f"job {number}", "conclusion": "failure" if bad else "success", "steps": None}


def run(asked: Asked) -> Answer:
    return Answer(200, {"id": 9, "run_attempt": asked.place.attempt})


def jobs(asked: Asked) -> Answer:
    return listed(asked, [_job_about(number) for number in range(120)], "jobs")


def job(asked: Asked) -> Answer:
    return Answer(200, _job_about(int(asked.named[1]) - ID))


def log(asked: Asked) -> Answer:
    return Answer(302, headers={"Location": f"{asked.server.url}/_storage/{asked.named[1]}"})


def stored_log(asked: Asked) -> Answer:
    before = b"one more line\n" * 1_000_000 if asked.named[0] == str(ID + 7) else b"first\n"
    return Answer(200, before + b"##[error]last\n", {"Content-Type": "text/plain"})


def rerun(asked: Asked) -> Answer:
    if asked.named[1] != "9":
        return Answer(403, {"message": "It runs already."}, {"X-Accepted-GitHub-Permissions": "actions=write"})
    asked.place.attempt += 1
    return Answer(201)


def latest(asked: Asked) -> Answer:
    return Answer(200, asked.place.releases[-1]) if asked.place.releases else Answer(404)


def new_release(asked: Asked) -> Answer:
    asked.place.releases.append(
        {"id": ID, "tag_name": asked.body["tag_name"], "body": asked.body["body"], "author": None}
    )
    return Answer(201, asked.place.releases[-1])


def releases(asked: Asked) -> Answer:
    return listed(asked, asked.place.releases)
