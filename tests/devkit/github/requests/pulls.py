"""Requests about pull requests, reviews and threads."""

from devkit.simulators.github.world import World

from .request import SHA, SITE, Asked, Names

LINE = {"path": "site/search.py", "line": 4, "side": "RIGHT", "body": "L"}

ASKED: list[Asked] = [
    ("GET", f"{SITE}/pulls", None, 200),
    ("GET", f"{SITE}/pulls/3", None, 200),
    ("GET", f"{SITE}/pulls/3/files", None, 200),
    ("GET", f"{SITE}/pulls/3/reviews", None, 200),
    ("POST", f"{SITE}/pulls/3/reviews", {"event": "APPROVE", "body": "Good."}, 200),
    ("POST", f"{SITE}/pulls/3/reviews", {"event": "COMMENT", "comments": [LINE]}, 200),
    ("POST", f"{SITE}/pulls/3/reviews", {"event": "COMMENT", "comments": [{**LINE, "line": 900}]}, 422),
    ("GET", f"{SITE}/pulls/3/comments", None, 200),
    ("GET", f"{SITE}/pulls/comments/{{thread}}", None, 200),
    ("GET", f"{SITE}/pulls/comments/1", None, 404),
    ("POST", f"{SITE}/pulls/3/comments/{{thread}}/replies", {"body": "R"}, 201),
    ("POST", f"{SITE}/pulls/3/comments/1/replies", {"body": "R"}, 404),
    ("POST", f"{SITE}/pulls/3/requested_reviewers", {"reviewers": ["mona"], "team_reviewers": ["platform"]}, 201),
    ("GET", f"{SITE}/pulls/3/requested_reviewers", None, 200),
    ("DELETE", f"{SITE}/pulls/3/requested_reviewers", {"reviewers": ["mona"]}, 200),
    ("PATCH", f"{SITE}/pulls/3", {"title": "Ranked", "body": "B"}, 200),
    ("PATCH", f"{SITE}/pulls/3", {"base": "nothing"}, 422),
    ("PUT", f"{SITE}/pulls/3/update-branch", {"expected_head_sha": SHA}, 422),
    ("PUT", f"{SITE}/pulls/3/update-branch", None, 422),
    ("PATCH", f"{SITE}/git/refs/heads/main", {"sha": "{fixed}"}, 200),
    ("PUT", f"{SITE}/pulls/3/update-branch", {}, 202),
    ("PUT", f"{SITE}/pulls/3/merge", {"sha": SHA}, 409),
    ("PUT", f"{SITE}/pulls/3/merge", {"merge_method": "rebase"}, 405),
    ("PUT", f"{SITE}/pulls/3/merge", {"merge_method": "squash"}, 200),
    ("GET", f"{SITE}/pulls/3", None, 200),
    ("POST", f"{SITE}/pulls", {"title": "P", "head": "feature/ranking", "base": "main"}, 201),
    ("POST", f"{SITE}/pulls", {"title": "P", "head": "nothing", "base": "main"}, 422),
    ("POST", f"{SITE}/forks", {"default_branch_only": True}, 202),
    ("GET", "/repos/mona/website", None, 200),
    ("GET", "/repos/mona/website/branches", None, 200),
    ("GET", "/repos/mona/website/branches/main", None, 200),
    ("POST", f"{SITE}/pulls", {"title": "P", "head": "mona:main", "base": "fix/health"}, 201),
]


def prepare(world: World) -> Names:
    """A thread, and a commit that the base branch does not have yet."""
    site = world.repositories["acme/website"]
    threads = [thread for issue in site.issues.values() if issue.pull is not None for thread in issue.pull.threads]
    return {"thread": threads[0].id, "fixed": site.git.branches()["fix/health"]}
