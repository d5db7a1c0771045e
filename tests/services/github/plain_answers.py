"""Which answer of the second server belongs to which request."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from . import plain_code, plain_work
from .plain_places import PlainServer
from .plain_wire import Answer, Asked

_REPO = r"/repos/([^/]+/[^/]+)"
Handle = Callable[[Asked], Answer]
ROUTES: list[tuple[str, str, Handle]] = [
    ("GET", "/user", lambda _: Answer(403, {"message": "Resource not accessible by integration"})),
    ("GET", "/installation/repositories", plain_code.installed),
    ("GET", "/users/([^/]+)", lambda _: Answer(200, {"login": "Tools", "type": "Organization"})),
    ("GET", "/orgs/([^/]+)/repos", plain_code.repositories),
    ("GET", "/search/([a-z]+)", plain_code.found),
    ("GET", r"/_storage/(\d+)", plain_work.stored_log),
    ("GET", _REPO, lambda asked: Answer(200, asked.place.about())),
    ("GET", f"{_REPO}/contents(.*)", plain_code.contents),
    ("GET", f"{_REPO}/git/trees/(.+)", plain_code.tree),
    ("GET", f"{_REPO}/git/commits/(.+)", plain_code.git_commit),
    ("GET", f"{_REPO}/git/ref/heads/(.+)", plain_code.ref),
    ("POST", f"{_REPO}/git/refs", plain_code.new_ref),
    ("PATCH", f"{_REPO}/git/refs/heads/(.+)", plain_code.move_ref),
    ("POST", f"{_REPO}/git/blobs", plain_code.new_blob),
    ("POST", f"{_REPO}/git/trees", plain_code.new_tree),
    ("POST", f"{_REPO}/git/commits", plain_code.new_commit),
    ("GET", f"{_REPO}/commits", plain_code.history),
    ("GET", f"{_REPO}/commits/(.+)/check-runs", plain_work.checks),
    ("GET", f"{_REPO}/commits/(.+)", plain_code.commit),
    ("GET", f"{_REPO}/branches", plain_code.branches),
    ("GET", f"{_REPO}/issues", plain_work.issues),
    ("POST", f"{_REPO}/issues", plain_work.new_issue),
    ("GET", rf"{_REPO}/issues/(\d+)", plain_work.issue),
    ("PATCH", rf"{_REPO}/issues/(\d+)", plain_work.edit),
    ("GET", rf"{_REPO}/issues/(\d+)/comments", plain_work.comments),
    ("POST", rf"{_REPO}/issues/(\d+)/comments", plain_work.new_comment),
    ("GET", f"{_REPO}/pulls", plain_work.pulls),
    ("POST", f"{_REPO}/pulls", plain_work.new_pull),
    ("GET", rf"{_REPO}/pulls/(\d+)", plain_work.pull),
    ("GET", rf"{_REPO}/pulls/(\d+)/reviews", plain_work.reviews),
    ("POST", rf"{_REPO}/pulls/(\d+)/reviews", plain_work.new_review),
    ("PUT", rf"{_REPO}/pulls/(\d+)/merge", plain_work.merge),
    ("GET", rf"{_REPO}/actions/runs/(\d+)", plain_work.run),
    ("GET", rf"{_REPO}/actions/runs/(\d+)/jobs", plain_work.jobs),
    ("POST", rf"{_REPO}/actions/runs/(\d+)/rerun-failed-jobs", plain_work.rerun),
    ("GET", rf"{_REPO}/actions/jobs/(\d+)", plain_work.job),
    ("GET", rf"{_REPO}/actions/jobs/(\d+)/logs", plain_work.log),
    ("GET", f"{_REPO}/releases/latest", plain_work.latest),
    ("GET", f"{_REPO}/releases", plain_work.releases),
    ("POST", f"{_REPO}/releases", plain_work.new_release),
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
