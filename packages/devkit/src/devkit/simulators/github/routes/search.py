"""Search by words and common qualifiers, over all repositories that a credential may read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.git_store import Entry
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiResponse, invalid
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import commit_object
from devkit.simulators.github.serializers.contents import content_entry
from devkit.simulators.github.serializers.issues import issue_object
from devkit.simulators.github.serializers.repositories import minimal_repository, repository_object

_TERM = re.compile(r'(?:(?P<key>[a-z-]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]+))')
_SEARCHED = 384 * 1024  # bytes; GitHub does not search larger files


@dataclass(frozen=True)
class Query:
    """A parsed search: required words and qualifiers.

    Attributes:
        either: whether it contains OR.
    """

    words: tuple[str, ...]
    qualifiers: tuple[tuple[str, str], ...]
    either: bool

    def values(self, *keys: str) -> list[str]:
        """The values of qualifiers, in lower case."""
        return [value.lower() for key, value in self.qualifiers if key in keys]


def _query(request: ApiRequest) -> Query:
    text = request.query.get("q", "").strip()
    if not text:
        raise invalid("Search", "q", "missing")
    if len(text) > 1024:
        raise invalid("Search", "q", "invalid", "The search is longer than 256 characters.")
    terms = _TERM.finditer(text.replace("(", " ").replace(")", " "))
    found = [(term["key"] or "", term["quoted"] or term["plain"] or "") for term in terms]
    words = tuple(value.lower() for key, value in found if not key and value not in ("AND", "OR"))
    return Query(words, tuple((key, value) for key, value in found if key), ("", "OR") in found)


def _repositories(request: ApiRequest, query: Query) -> list[Repository]:
    visible = [*request.world.visible(request.identity), *request.world.deleted]
    names, owners = query.values("repo"), query.values("user", "org", "owner")
    if names and not any(one.full_name.lower() in names for one in visible):
        words = (
            "The listed users and repositories cannot be searched either because the resources do not exist or you do "
            "not have permission to view them."
        )
        raise invalid("Search", "q", "invalid", words)
    return [
        one
        for one in visible
        if (not names and not owners) or one.full_name.lower() in names or one.owner.login.lower() in owners
    ]


def _answer(request: ApiRequest, items: list[dict[str, Any]], **more: Any) -> ApiResponse:
    response = request.page(items, lambda item: {**item, "score": 1.0}, wrap="items")
    response.body = {"incomplete_results": request.world.search_is_incomplete, **response.body, **more}
    return response


def search_repositories(request: ApiRequest) -> ApiResponse:
    """GET /search/repositories."""
    query = _query(request)
    found = [
        repository_object(request.urls, one, push=request.world.can_push(request.identity, one))
        for one in _repositories(request, query)
        if all(word in f"{one.full_name} {one.description} {' '.join(one.topics)}".lower() for word in query.words)
        and query.values("language") in ([], [(one.language or "").lower()])
        and set(query.values("topic")) <= set(one.topics)
        and not ({"public" if one.private else "private"} & set(query.values("is")))
    ]
    return _answer(request, found)


def search_issues(request: ApiRequest) -> ApiResponse:
    """GET /search/issues."""
    query = _query(request)
    places = query.values("repo", "user", "org", "owner")
    # In issue search a space between repo: qualifiers means AND, which matches nothing.
    repositories = _repositories(request, query) if query.either or len(set(places)) < 2 else []
    found = [
        issue_object(request.urls, one, issue)
        for one in repositories
        for issue in sorted(one.issues.values(), key=lambda issue: -issue.number)
        if _issue_wanted(query, issue)
    ]
    return _answer(request, found, search_type="lexical")


def _issue_wanted(query: Query, issue: Issue) -> bool:
    kind = "pr" if issue.pull else "issue"
    wanted = set(query.values("is", "state", "type"))
    text = " ".join([issue.title, issue.body or "", *(comment.body for comment in issue.comments)]).lower()
    return (
        all(word in text for word in query.words)
        and wanted & {"issue", "pr"} <= {kind}
        and wanted & {"open", "closed"} <= {issue.state}
        and wanted & {"merged", "unmerged"} <= _merge_state(issue)
        and set(query.values("milestone")) <= {issue.milestone.title.lower() if issue.milestone else ""}
        and set(query.values("reason")) <= {(issue.state_reason or "").replace("_", " ")}
        and set(query.values("type")) - {"issue", "pr"} <= {issue.type.name.lower() if issue.type else ""}
        and set(query.values("label")) <= {name.lower() for name in issue.labels}
        and query.values("author") in ([], [issue.user.login.lower()])
        and set(query.values("assignee")) <= {account.login.lower() for account in issue.assignees}
    )


def _merge_state(issue: Issue) -> set[str]:
    """``merged`` or ``unmerged``, for a pull request."""
    return {"unmerged" if issue.pull.merged_at is None else "merged"} if issue.pull is not None else set()


def search_commits(request: ApiRequest) -> ApiResponse:
    """GET /search/commits: the default branches, newest first."""
    query = _query(request)
    found = []
    for one in _repositories(request, query):
        head = one.git.resolve(one.default_branch)
        for sha in one.git.history(head) if head else ():
            commit = one.git.commit(sha)
            message, author = commit.message.decode(), commit.author.decode()
            if all(word in message.lower() for word in query.words) and all(
                author.lower().endswith(f"<{name}@users.noreply.example.com>") for name in query.values("author")
            ):
                item = commit_object(request.urls, request.world, one, sha)
                found.append({**item, "repository": minimal_repository(request.urls, one)})
    return _answer(request, found)


def search_code(request: ApiRequest) -> ApiResponse:
    """GET /search/code: the default branches."""
    query = _query(request)
    request.signed_in()
    if not query.words:
        raise invalid("Search", "q", "missing", "Must include at least one term.")
    found = []
    for one in _repositories(request, query):
        for entry, text in _texts(one):
            if not _file_wanted(query, entry) or not all(word in text.lower() for word in query.words):
                continue
            item = content_entry(request.urls, one, entry, one.default_branch)
            kept = {name: item[name] for name in ("name", "path", "sha", "url", "git_url", "html_url")}
            kept["repository"] = minimal_repository(request.urls, one)
            if "text-match" in request.accept:
                kept["text_matches"] = [_match(item["url"], text, word) for word in query.words]
            found.append(kept)
    return _answer(request, found)


def _texts(repository: Repository) -> Iterator[tuple[Entry, str]]:
    head = repository.git.resolve(repository.default_branch)
    root = repository.git.entry(head, "") if head else None
    for entry in repository.git.walk(root) if root else ():
        content = repository.git.blob(entry.sha) if entry.kind == "blob" else b"\0"
        if len(content) <= _SEARCHED and b"\0" not in content:
            yield entry, content.decode(errors="replace")


def _file_wanted(query: Query, entry: Entry) -> bool:
    path = entry.path.lower()
    name = path.rpartition("/")[2]
    return (
        all(path.startswith(part.strip("/")) for part in query.values("path"))
        and all(part in name for part in query.values("filename"))
        and all(name.endswith(f".{part}") for part in query.values("extension"))
    )


def _match(url: str, text: str, word: str) -> dict[str, Any]:
    """A text match with surrounding lines."""
    at = text.lower().index(word)
    start, end = text.rfind("\n", 0, max(at - 60, 0)) + 1, text.find("\n", at + 60)
    fragment = text[start : end if end > 0 else len(text)][:400]
    inside = at - start
    found = {"text": text[at : at + len(word)], "indices": [inside, inside + len(word)]}
    return {
        "object_url": url,
        "object_type": "FileContent",
        "property": "content",
        "fragment": fragment,
        "matches": [found],
    }


TABLE: Table = (
    ("GET", "/search/repositories", search_repositories),
    ("GET", "/search/issues", search_issues),
    ("GET", "/search/commits", search_commits),
    ("GET", "/search/code", search_code),
)
