"""Pull requests: opening, reading, reviewing, merging."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.git_store import FileChange
from devkit.simulators.github.records.comments import Comment
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, invalid, unprocessable
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.accounts import user
from devkit.simulators.github.serializers.commits import changed_file
from devkit.simulators.github.serializers.issues import pull_object, review_object

_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
_NOT_MERGEABLE = "Pull Request is not mergeable"


def pulls(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/pulls."""
    repository, query = request.repository(), request.query
    owner, _, head = query.get("head", "").rpartition(":")
    found = [
        (issue, _present(repository, issue))
        for issue in sorted(repository.issues.values(), key=lambda one: -one.number)
        if issue.pull is not None
        and query.get("state", "open") in ("all", issue.state)
        and head in ("", issue.pull.head_ref)
        and owner in ("", _source(repository, issue.pull).owner.login)
        and query.get("base", issue.pull.base_ref) == issue.pull.base_ref
    ]
    return request.page(found, lambda pair: pull_object(request.urls, repository, *pair))


def one_pull(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}: as JSON, or as a diff."""
    repository = request.repository()
    issue = request.pull(repository)
    if "diff" in request.accept:
        text = "".join(change.patch for change in _changes(repository, _present(repository, issue)))
        return ApiResponse(text, media="application/vnd.github.diff; charset=utf-8")
    return _whole(request, repository, issue)


def _whole(request: ApiRequest, repository: Repository, issue: Issue) -> dict[str, Any]:
    pull = _present(repository, issue)
    changes = _changes(repository, pull)
    merged = pull.merged_at is not None
    mergeable = None if merged or issue.state == "closed" else _merged_tree(repository, pull) is not None
    return {
        **pull_object(request.urls, repository, issue, pull),
        "merged": merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": "unknown" if mergeable is None else "clean" if mergeable else "dirty",
        "merged_by": user(request.urls, pull.merged_by) if pull.merged_by else None,
        "comments": len(issue.comments),
        "review_comments": 0,
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": len(_own_commits(repository, pull)),
        "additions": sum(change.additions for change in changes),
        "deletions": sum(change.deletions for change in changes),
        "changed_files": len(changes),
    }


def files(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/files."""
    repository = request.repository()
    pull = _present(repository, request.pull(repository))
    return request.page(
        _changes(repository, pull), lambda change: changed_file(request.urls, repository, pull.head_sha, change)
    )


def create_pull(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/pulls."""
    repository = request.own_repository()
    title = request.text("title", "PullRequest", required=True, longest=256) or ""
    base = request.text("base", "PullRequest", required=True) or ""
    source, head = _head(request, repository)
    branches = repository.git.branches()
    heads = source.git.branches() if source is not None else {}
    if source is None or head not in heads or source.lacks_commits():
        raise invalid("PullRequest", "head", "invalid")
    if base not in branches:
        raise invalid("PullRequest", "base", "invalid")
    known = [one.pull for one in repository.issues.values() if one.pull is not None and one.state == "open"]
    if any((_source(repository, pull), pull.head_ref, pull.base_ref) == (source, head, base) for pull in known):
        words = f"A pull request already exists for {source.owner.login}:{head}."
        raise invalid("PullRequest", "head", "custom", words)
    pull = Pull(head, base, heads[head], branches[base], draft=bool(request.body.get("draft")))
    if source is not repository:
        repository.git.take(source.git)
        pull.head_repository = source
        pull.maintainer_can_modify = request.body.get("maintainer_can_modify", True) is True
        if pull.maintainer_can_modify and not request.world.can_push(request.identity, source):
            words = "fork_collab Fork collab can't be granted by someone without permission"
            raise invalid("PullRequest", "fork_collab", "custom", words)
    if not _own_commits(repository, pull):
        raise invalid("PullRequest", "head", "custom", f"No commits between {base} and {head}")
    issue = request.world.add_issue(
        repository, request.signed_in(), title, request.text("body", "PullRequest"), pull=pull
    )
    return ApiResponse(_whole(request, repository, issue), 201)


def reviews(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews."""
    repository = request.repository()
    issue = request.pull(repository)
    return request.page(
        issue.pull.reviews if issue.pull else [], lambda one: review_object(request.urls, repository, issue, one)
    )


def create_review(request: ApiRequest) -> Any:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews."""
    repository, account = request.own_repository(), request.signed_in()
    issue = request.pull(repository)
    pull, event = _present(repository, issue), request.body.get("event")
    if event not in _STATES:
        raise unprocessable("Variable $event of type PullRequestReviewEvent was provided invalid value")
    body = request.text("body", "PullRequestReview") or ""
    if not body and event != "APPROVE":
        raise unprocessable("Unprocessable Entity: body is required for this event")
    if account == issue.user and event != "COMMENT":
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise ApiError(422, "Unprocessable Entity", errors=[f"Review Can not {verb} your own pull request"])
    commit = request.body.get("commit_id") or pull.head_sha
    review = Comment(request.world.new_id(), account, body, request.world.now(), _STATES[event], commit)
    pull.reviews.append(review)
    return review_object(request.urls, repository, issue, review)


def merge(request: ApiRequest) -> Any:
    """PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge."""
    repository = request.own_repository()
    issue = request.pull(repository)
    pull, method, expected = (
        _present(repository, issue),
        request.body.get("merge_method", "merge"),
        request.body.get("sha"),
    )
    if method == "rebase":
        raise ApiError(405, "Rebase merges are not allowed on this repository.")
    if pull.merged_at is not None or issue.state == "closed" or pull.draft:
        raise ApiError(405, _NOT_MERGEABLE)
    if expected is not None and expected != pull.head_sha:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    tree = _merged_tree(repository, pull)
    if tree is None:
        raise ApiError(405, _NOT_MERGEABLE)
    account, now = request.signed_in(), request.world.now()
    title = request.body.get("commit_title") or (
        f"{issue.title} (#{issue.number})"
        if method == "squash"
        else f"Merge pull request #{issue.number} from {repository.owner.login}/{pull.head_ref}"
    )
    message = "\n\n".join(filter(None, [title, request.body.get("commit_message") or issue.title]))
    base = repository.git.branches()[pull.base_ref]
    parents = [base] if method == "squash" else [base, pull.head_sha]
    pull.merge_sha = repository.git.add_commit(tree, parents, message, account.as_author, now)
    repository.git.set_ref(f"refs/heads/{pull.base_ref}", pull.merge_sha)
    pull.merged_at, pull.merged_by, issue.state = now, account, "closed"
    issue.closed_at = issue.updated_at = repository.pushed_at = now
    return {"sha": pull.merge_sha, "merged": True, "message": "Pull Request successfully merged"}


def _source(repository: Repository, pull: Pull) -> Repository:
    """The repository with the head branch."""
    return pull.head_repository or repository


def _head(request: ApiRequest, repository: Repository) -> tuple[Repository | None, str]:
    """The repository and branch that `head` (``branch`` or ``owner:branch``) and `head_repo` name."""
    owner, _, branch = (request.text("head", "PullRequest", required=True) or "").rpartition(":")
    name = request.body.get("head_repo")
    if isinstance(name, str):
        name = name.rpartition("/")[2].lower()
    for one in request.world.network(repository):
        is_owner = one.owner.login.lower() == (owner or repository.owner.login).lower()
        if is_owner and name in (None, one.name.lower()) and request.world.can_see(request.identity, one):
            return (one if owner or name else repository), branch
    return None, branch


def _present(repository: Repository, issue: Issue) -> Pull:
    """The pull request with its branches' current heads; a closed one keeps its last heads."""
    pull = issue.pull
    if pull is None:
        raise TypeError("an issue, not a pull request")
    if issue.state == "open":
        branches, source = repository.git.branches(), _source(repository, pull)
        pull.head_sha = source.git.branches().get(pull.head_ref, pull.head_sha)
        repository.git.take(source.git)
        pull.base_sha = branches.get(pull.base_ref, pull.base_sha)
    return pull


def _changes(repository: Repository, pull: Pull) -> list[FileChange]:
    base = repository.git.merge_base(pull.base_sha, pull.head_sha)
    return repository.git.changes(base, pull.head_sha)


def _own_commits(repository: Repository, pull: Pull) -> list[str]:
    known = set(repository.git.history(pull.base_sha))
    return [sha for sha in repository.git.history(pull.head_sha) if sha not in known]


def _merged_tree(repository: Repository, pull: Pull) -> str | None:
    """The merged tree, file by file; None if both sides changed a file differently."""
    git = repository.git
    base = git.merge_base(pull.base_sha, pull.head_sha)
    before, ours, theirs = git.files(base), git.files(pull.base_sha), git.files(pull.head_sha)
    changes: dict[str, tuple[int, str] | None] = {}
    for path in before.keys() | theirs.keys():
        if theirs.get(path) == before.get(path) or theirs.get(path) == ours.get(path):
            continue
        if ours.get(path) != before.get(path):
            return None
        changes[path] = theirs.get(path)
    return git.add_tree(changes, git.commit(pull.base_sha).tree.decode())


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/pulls", pulls),
    ("POST", "/repos/{owner}/{repo}/pulls", create_pull),
    ("GET", "/repos/{owner}/{repo}/pulls/{number}", one_pull),
    ("GET", "/repos/{owner}/{repo}/pulls/{number}/files", files),
    ("GET", "/repos/{owner}/{repo}/pulls/{number}/reviews", reviews),
    ("POST", "/repos/{owner}/{repo}/pulls/{number}/reviews", create_review),
    ("PUT", "/repos/{owner}/{repo}/pulls/{number}/merge", merge),
)
