"""How the second server answers: a function for each thing that may be asked of it."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from .plain_places import ID, WHEN, Place, PlainServer


@dataclass(frozen=True)
class Asked:
    """A request: what its path named, and the rest."""

    server: PlainServer
    place: Any
    named: list[str]
    query: dict[str, str]
    body: Any
    accept: str

    @property
    def number(self) -> int:
        """Of an issue or pull request, counted from 0."""
        return int(self.named[1]) - 1


@dataclass(frozen=True)
class Answer:
    """A reply: JSON, or bytes as they are."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def _listed(asked: Asked, items: list[Any], wrap: str | None = None) -> Answer:
    size, page = int(asked.query.get("per_page", 30)), int(asked.query.get("page", 1))
    part = items[(page - 1) * size : page * size]
    more = asked.server.links and len(items) > page * size
    headers = {"Link": f"<{asked.server.url}/repositories/1/things?page={page + 1}>; rel=next"} if more else {}
    return Answer(200, {wrap: part} if wrap else part, headers)


def _repositories(asked: Asked) -> Answer:
    return _listed(asked, [place.about() for place in asked.server.places.values()])


def _installed(asked: Asked) -> Answer:
    owners = [{"owner": {"login": "Tools"}}, {"owner": None}] if asked.server.installed else None
    return _listed(asked, owners, "repositories") if owners else Answer(403)


def _found(asked: Asked) -> Answer:
    kind, text = asked.named[0], asked.query["q"]
    if "nobody" in text:
        return Answer(422, {"message": "Validation Failed", "errors": None})
    items: list[Any] = []
    repos = f"{asked.server.url}/repos"
    for place in asked.server.places.values():
        where = {"full_name": place.name}
        if kind == "repositories":
            items.append(place.about())
        elif kind == "code":
            items += [{"path": path, "repository": where} for path in place.files("trunk")]
        else:
            items += [{**issue, "repository_url": f"{repos}/{place.name}"} for issue in place.issues]
    if kind == "issues":  # of a repository that is not there any more
        items.insert(0, {**items[0], "repository_url": f"{repos}/Tools/gone"})
    found = _listed(asked, items, "items")
    return Answer(200, {**found.body, "incomplete_results": kind == "code"}, found.headers)


def _contents(asked: Asked) -> Answer:
    path, ref = asked.named[1].strip("/"), asked.query.get("ref", "trunk")
    if asked.place.at(ref) is None:
        return Answer(404)
    if path == "link":
        return Answer(200, {"type": "symlink", "path": path, "sha": "0" * 40, "size": 9, "target": "../outside"})
    if path == "module":
        url = "https://git.example/lib.git"
        return Answer(200, {"type": "submodule", "path": path, "sha": "0" * 40, "size": 0, "submodule_git_url": url})
    if path == "garbled":
        return Answer(200, {"type": "file", "path": path, "size": 3, "encoding": "base64", "content": "%%%"})
    if path == "huge":
        errors = [{"resource": "Blob", "field": "data", "code": "too_large"}]
        return Answer(403, {"message": "This API returns blobs up to 100 MB in size.", "errors": errors})
    if path == "crowd":
        return Answer(200, [{"type": "file", "path": f"crowd/{number}", "size": 1} for number in range(1000)])
    files = asked.place.files(ref)
    if path in files:
        content = asked.place.blobs[files[path]]
        if "raw" in asked.accept:
            return Answer(200, content, {"Content-Type": "application/octet-stream"})
        small = len(content) <= 1_000_000
        encoded = {"encoding": "base64" if small else "none", "content": base64.encodebytes(content).decode()}
        about = {"type": "file", "path": path, "sha": files[path], "size": len(content), **encoded}
        return Answer(200, about if small else {**about, "content": ""})
    below = sorted(name for name in files if name.startswith(f"{path}/" if path else ""))
    entries = [{"type": "file", "path": name, "size": None} for name in below]
    return Answer(200, entries) if entries else Answer(404, b"<h1>Not here</h1>", {"Content-Type": "text/html"})


def _tree(asked: Asked) -> Answer:
    if asked.place.at(asked.named[1]) is None:
        return Answer(404)
    return Answer(200, {"tree": [{"path": name, "type": "blob"} for name in asked.place.files(asked.named[1])]})


def _commit_about(place: Place, sha: str) -> dict[str, Any]:
    commit = place.commits[sha]
    inner = {"message": commit["message"], "author": None, "committer": {"date": WHEN}}
    return {"sha": sha, "commit": inner, "author": None, "parents": [{"sha": one} for one in commit["parents"]]}


def _history(asked: Asked) -> Answer:
    sha, found = asked.place.at(asked.query.get("sha", "trunk")), []
    while sha is not None:
        found.append(_commit_about(asked.place, sha))
        sha = next(iter(asked.place.commits[sha]["parents"]), None)
    return _listed(asked, found)


def _commit(asked: Asked) -> Answer:
    sha = asked.place.at(asked.named[1])
    return Answer(200, {**_commit_about(asked.place, sha), "files": None, "stats": None}) if sha else Answer(404)


def _git_commit(asked: Asked) -> Answer:
    commit = asked.place.commits[asked.named[1]]
    return Answer(200, {"sha": asked.named[1], "tree": {"sha": commit["tree"]}, "message": commit["message"]})


def _branches(asked: Asked) -> Answer:
    return _listed(asked, [{"name": one, "commit": {"sha": sha}} for one, sha in sorted(asked.place.refs.items())])


def _ref(asked: Asked) -> Answer:
    sha = asked.place.refs.get(asked.named[1])
    return Answer(200, {"ref": f"refs/heads/{asked.named[1]}", "object": {"sha": sha}}) if sha else Answer(404)


def _new_ref(asked: Asked) -> Answer:
    name = asked.body["ref"].removeprefix("refs/heads/")
    if name in asked.place.refs:
        return Answer(422, {"error": "there already"})
    asked.place.refs[name] = asked.body["sha"]
    return Answer(201, {"ref": asked.body["ref"], "object": {"sha": asked.body["sha"]}})


def _move_ref(asked: Asked) -> Answer:
    sha = asked.body["sha"]
    if asked.place.refs[asked.named[1]] not in asked.place.commits[sha]["parents"]:
        return Answer(422, b"not a fast forward", {"Content-Type": "text/plain"})
    asked.place.refs[asked.named[1]] = sha
    return Answer(200, {"ref": f"refs/heads/{asked.named[1]}", "object": {"sha": sha}})


def _new_blob(asked: Asked) -> Answer:
    return Answer(201, {"sha": asked.place.blob(base64.b64decode(asked.body["content"]))})


def _new_tree(asked: Asked) -> Answer:
    files = dict(asked.place.trees[asked.body["base_tree"]])
    for entry in asked.body["tree"]:
        sha = asked.place.blob(entry["content"].encode()) if "content" in entry else entry["sha"]
        files = {name: kept for name, kept in {**files, entry["path"]: sha}.items() if kept is not None}
    return Answer(201, {"sha": asked.place.tree(files)})


def _new_commit(asked: Asked) -> Answer:
    return Answer(201, {"sha": asked.place.commit(*(asked.body[name] for name in ("tree", "message", "parents")))})


def _issues(asked: Asked) -> Answer:
    return _listed(asked, asked.place.issues[::-1])


def _new_issue(asked: Asked) -> Answer:
    return Answer(201, asked.place.open(asked.body["title"], asked.body["body"]))


def _issue(asked: Asked) -> Answer:
    if asked.number == 4:  # transferred to another repository, which is private
        return Answer(301, headers={"Location": f"{asked.server.url}/repos/Tools/vault/issues/1"})
    return Answer(200, asked.place.issues[asked.number]) if asked.number < len(asked.place.issues) else Answer(404)


def _edit(asked: Asked) -> Answer:
    if asked.number == 4:
        return Answer(307, headers={"Location": f"{asked.server.url}/repos/Tools/vault/issues/1"})
    asked.place.issues[asked.number].update(asked.body)
    return Answer(200, asked.place.issues[asked.number])


def _comments(asked: Asked) -> Answer:
    return _listed(asked, asked.place.comments.get(asked.number, []))


def _new_comment(asked: Asked) -> Answer:
    comments = asked.place.comments.setdefault(asked.number, [])
    comments.append({"id": ID + len(comments), "body": asked.body["body"], "user": None})
    return Answer(201, comments[-1])


def _pull_about(place: Place, issue: dict[str, Any]) -> dict[str, Any]:
    head = {"ref": issue["head"], "sha": place.at(issue["head"]), "repo": None, "user": None}
    return {**issue, "head": head, "base": {"ref": issue["base"], "sha": place.at(issue["base"])}}


def _pulls(asked: Asked) -> Answer:
    found = [one for one in asked.place.issues if one["pull_request"] is not None]
    return _listed(asked, [_pull_about(asked.place, one) for one in found])


def _pull(asked: Asked) -> Answer:
    if "diff" in asked.accept:
        return Answer(200, b"diff --git a/README.md b/README.md\n", {"Content-Type": "text/plain"})
    return Answer(200, _pull_about(asked.place, asked.place.issues[asked.number]))


def _new_pull(asked: Asked) -> Answer:
    text = asked.body
    made = asked.place.open(
        text["title"], text["body"], pull_request={}, head=text["head"], base=text["base"], merged=None
    )
    return Answer(201, _pull_about(asked.place, made))


def _reviews(asked: Asked) -> Answer:
    return _listed(asked, asked.place.reviews.get(asked.number, []))


def _new_review(asked: Asked) -> Answer:
    reviews = asked.place.reviews.setdefault(asked.number, [])
    reviews.append({"id": ID + len(reviews), "body": asked.body["body"], "user": None})
    return Answer(200, reviews[-1])


def _merge(asked: Asked) -> Answer:
    issue = asked.place.issues[asked.number]
    if issue["state"] != "open":
        return Answer(405)
    sha = asked.place.refs[issue["base"]] = asked.place.refs[issue["head"]]
    issue.update(state="closed", merged=True, merged_at=WHEN, merge_commit_sha=sha)
    return Answer(200, {"sha": sha})


def _checks(asked: Asked) -> Answer:
    jobs = [{**_job_about(number), "app": None} for number in range(120)]
    return _listed(asked, jobs, "check_runs")


def _job_about(number: int) -> dict[str, Any]:
    bad = number == 110
    return {"id": ID + number, "name": f"job {number}", "conclusion": "failure" if bad else "success", "steps": None}


def _run(asked: Asked) -> Answer:
    return Answer(200, {"id": 9, "run_attempt": asked.place.attempt})


def _jobs(asked: Asked) -> Answer:
    return _listed(asked, [_job_about(number) for number in range(120)], "jobs")


def _job(asked: Asked) -> Answer:
    return Answer(200, _job_about(int(asked.named[1]) - ID))


def _log(asked: Asked) -> Answer:
    return Answer(302, headers={"Location": f"{asked.server.url}/_storage/{asked.named[1]}"})


def _stored_log(asked: Asked) -> Answer:
    before = b"one more line\n" * 1_000_000 if asked.named[0] == str(ID + 7) else b"first\n"
    return Answer(200, before + b"##[error]last\n", {"Content-Type": "text/plain"})


def _rerun(asked: Asked) -> Answer:
    if asked.named[1] != "9":
        return Answer(403, {"message": "It runs already."}, {"X-Accepted-GitHub-Permissions": "actions=write"})
    asked.place.attempt += 1
    return Answer(201)


def _latest(asked: Asked) -> Answer:
    return Answer(200, asked.place.releases[-1]) if asked.place.releases else Answer(404)


def _new_release(asked: Asked) -> Answer:
    asked.place.releases.append(
        {"id": ID, "tag_name": asked.body["tag_name"], "body": asked.body["body"], "author": None}
    )
    return Answer(201, asked.place.releases[-1])


def _releases(asked: Asked) -> Answer:
    return _listed(asked, asked.place.releases)


_REPO = r"/repos/([^/]+/[^/]+)"
Handle = Callable[[Asked], Answer]
ROUTES: list[tuple[str, str, Handle]] = [
    ("GET", "/user", lambda _: Answer(403, {"message": "Resource not accessible by integration"})),
    ("GET", "/installation/repositories", _installed),
    ("GET", "/users/([^/]+)", lambda _: Answer(200, {"login": "Tools", "type": "Organization"})),
    ("GET", "/orgs/([^/]+)/repos", _repositories),
    ("GET", "/search/([a-z]+)", _found),
    ("GET", r"/_storage/(\d+)", _stored_log),
    ("GET", _REPO, lambda asked: Answer(200, asked.place.about())),
    ("GET", f"{_REPO}/contents(.*)", _contents),
    ("GET", f"{_REPO}/git/trees/(.+)", _tree),
    ("GET", f"{_REPO}/git/commits/(.+)", _git_commit),
    ("GET", f"{_REPO}/git/ref/heads/(.+)", _ref),
    ("POST", f"{_REPO}/git/refs", _new_ref),
    ("PATCH", f"{_REPO}/git/refs/heads/(.+)", _move_ref),
    ("POST", f"{_REPO}/git/blobs", _new_blob),
    ("POST", f"{_REPO}/git/trees", _new_tree),
    ("POST", f"{_REPO}/git/commits", _new_commit),
    ("GET", f"{_REPO}/commits", _history),
    ("GET", f"{_REPO}/commits/(.+)/check-runs", _checks),
    ("GET", f"{_REPO}/commits/(.+)", _commit),
    ("GET", f"{_REPO}/branches", _branches),
    ("GET", f"{_REPO}/issues", _issues),
    ("POST", f"{_REPO}/issues", _new_issue),
    ("GET", rf"{_REPO}/issues/(\d+)", _issue),
    ("PATCH", rf"{_REPO}/issues/(\d+)", _edit),
    ("GET", rf"{_REPO}/issues/(\d+)/comments", _comments),
    ("POST", rf"{_REPO}/issues/(\d+)/comments", _new_comment),
    ("GET", f"{_REPO}/pulls", _pulls),
    ("POST", f"{_REPO}/pulls", _new_pull),
    ("GET", rf"{_REPO}/pulls/(\d+)", _pull),
    ("GET", rf"{_REPO}/pulls/(\d+)/reviews", _reviews),
    ("POST", rf"{_REPO}/pulls/(\d+)/reviews", _new_review),
    ("PUT", rf"{_REPO}/pulls/(\d+)/merge", _merge),
    ("GET", rf"{_REPO}/actions/runs/(\d+)", _run),
    ("GET", rf"{_REPO}/actions/runs/(\d+)/jobs", _jobs),
    ("POST", rf"{_REPO}/actions/runs/(\d+)/rerun-failed-jobs", _rerun),
    ("GET", rf"{_REPO}/actions/jobs/(\d+)", _job),
    ("GET", rf"{_REPO}/actions/jobs/(\d+)/logs", _log),
    ("GET", f"{_REPO}/releases/latest", _latest),
    ("GET", f"{_REPO}/releases", _releases),
    ("POST", f"{_REPO}/releases", _new_release),
]


def answer(server: PlainServer, method: str, path: str, query: dict[str, str], body: Any, accept: str) -> Answer:
    """What one request is answered, after its effect."""
    for wanted, pattern, handle in ROUTES:
        if wanted == method and (found := re.fullmatch(pattern, path)):
            named = [unquote(part) for part in found.groups()]
            place = server.places.get(named[0]) if pattern.startswith(_REPO) else None
            if place is None and pattern.startswith(_REPO):
                return _elsewhere(server, path)
            return handle(Asked(server, place, named, query, body, accept))
    return Answer(404)


def _elsewhere(server: PlainServer, path: str) -> Answer:
    if not path.startswith("/repos/Tools/gadget"):
        return Answer(404)
    return Answer(301, headers={"Location": server.url + path.replace("gadget", "widget")})
