"""Pull requests: opening, reading, changing."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.merge_rules import pull_verdict
from devkit.simulators.github.pull_branches import changes_of, merged_tree, own_commits, present, source_of
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, invalid, unprocessable
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.accounts import user
from devkit.simulators.github.serializers.commits import changed_file
from devkit.simulators.github.serializers.issues import pull_object

_MOST_DIFFED = 300
"""Files of a diff; a larger one is refused."""
_MOST_LISTED = 3000
"""Files of a pull request that are listed."""


def pulls(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/pulls."""
    repository, query = request.repository(), request.query
    # GitHub ignores a head without its owner.
    head = query.get("head", "")
    head = head if ":" in head else ""
    found = [
        (issue, present(repository, issue))
        for issue in sorted(repository.issues.values(), key=lambda one: -one.number)
        if issue.pull is not None
        and query.get("state", "open") in ("all", issue.state)
        and head in ("", f"{source_of(repository, issue.pull).owner.login}:{issue.pull.head_ref}")
        and query.get("base", issue.pull.base_ref) == issue.pull.base_ref
    ]
    return request.page(found, lambda pair: pull_object(request.urls, repository, *pair))


def one_pull(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}: as JSON, or as a diff."""
    repository = request.repository()
    issue = request.pull(repository)
    if "diff" in request.accept:
        changes = changes_of(repository, present(repository, issue))
        if len(changes) > _MOST_DIFFED:
            words = (
                f"Sorry, the diff exceeded the maximum number of files ({_MOST_DIFFED}). Consider using 'List pull "
                "requests files' API or locally cloning the repository instead."
            )
            errors = [{"resource": "PullRequest", "field": "diff", "code": "too_large"}]
            raise ApiError(406, words, errors=errors)
        text = "".join(change.patch for change in changes)
        return ApiResponse(text, media="application/vnd.github.diff; charset=utf-8")
    return _whole(request, repository, issue)


def _whole(request: ApiRequest, repository: Repository, issue: Issue) -> dict[str, Any]:
    pull = present(repository, issue)
    changes = changes_of(repository, pull)
    merged = pull.merged_at is not None
    mergeable = None if merged or issue.state == "closed" else merged_tree(repository, pull) is not None
    return {
        **pull_object(request.urls, repository, issue, pull),
        "merged": merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": "unknown"
        if mergeable is None
        else pull_verdict(request.world, repository, issue, request.identity).state,
        "merged_by": user(request.urls, pull.merged_by) if pull.merged_by else None,
        "comments": len(issue.comments),
        "review_comments": sum(len(thread.comments) for thread in pull.threads),
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": len(own_commits(repository, pull)),
        "additions": sum(change.additions for change in changes),
        "deletions": sum(change.deletions for change in changes),
        "changed_files": len(changes),
    }


def files(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/files."""
    repository = request.repository()
    pull = present(repository, request.pull(repository))
    return request.page(
        changes_of(repository, pull)[:_MOST_LISTED],
        lambda change: changed_file(request.urls, repository, pull.head_sha, change),
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
    if any((source_of(repository, pull), pull.head_ref, pull.base_ref) == (source, head, base) for pull in known):
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
    if not own_commits(repository, pull):
        raise invalid("PullRequest", "head", "custom", f"No commits between {base} and {head}")
    issue = request.world.add_issue(
        repository, request.signed_in(), title, request.text("body", "PullRequest"), pull=pull
    )
    return ApiResponse(_whole(request, repository, issue), 201)


def edit_pull(request: ApiRequest) -> Any:
    """PATCH /repos/{owner}/{repo}/pulls/{pull_number}."""
    repository = request.own_repository()
    issue = request.pull(repository)
    pull, state, base = present(repository, issue), request.body.get("state"), request.text("base", "PullRequest")
    title = request.text("title", "PullRequest", longest=256)
    if title is not None and not title.strip():
        raise invalid("PullRequest", "title", "missing_field")
    if state not in (None, "open", "closed"):
        raise invalid("PullRequest", "state", "invalid")
    if state == "open" and issue.state == "closed" and pull.merged_at is not None:
        raise invalid("PullRequest", "state", "custom", "state cannot be changed. The pull request cannot be reopened.")
    if base is not None and issue.state == "closed":
        raise invalid("PullRequest", "base", "custom", "Cannot change the base branch of a closed pull request.")
    if base is not None and base not in repository.git.branches():
        raise invalid("PullRequest", "base", "invalid")
    issue.title = title or issue.title
    issue.body = (request.text("body", "PullRequest") or None) if "body" in request.body else issue.body
    pull.base_ref = base or pull.base_ref
    if state is not None and state != issue.state:
        issue.state = state
        issue.closed_at = request.world.now() if state == "closed" else None
    issue.updated_at = request.world.now()
    return _whole(request, repository, issue)


def update_branch(request: ApiRequest) -> Any:
    """PUT /repos/{owner}/{repo}/pulls/{pull_number}/update-branch: merges the base into the head."""
    repository = request.own_repository()
    issue = request.pull(repository)
    pull, git = present(repository, issue), repository.git
    if request.body.get("expected_head_sha") not in (None, pull.head_sha):
        raise unprocessable("expected head sha didn’t match current head ref.")
    if git.merge_base(pull.base_sha, pull.head_sha) == pull.base_sha:
        raise unprocessable("There are no new commits on the base branch.")
    tree = merged_tree(repository, pull)
    if tree is None:
        raise unprocessable("merge conflict between base and head")
    message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}"
    now = request.world.now()
    merged = git.add_commit(tree, [pull.head_sha, pull.base_sha], message, request.signed_in().as_author, now)
    git.set_ref(f"refs/heads/{pull.head_ref}", merged)
    url = request.urls.repository(repository, "pulls", issue.number)
    return ApiResponse({"message": "Updating pull request branch.", "url": url}, 202)


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


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/pulls", pulls),
    ("POST", "/repos/{owner}/{repo}/pulls", create_pull),
    ("GET", "/repos/{owner}/{repo}/pulls/{number}", one_pull),
    ("PATCH", "/repos/{owner}/{repo}/pulls/{number}", edit_pull),
    ("GET", "/repos/{owner}/{repo}/pulls/{number}/files", files),
    ("PUT", "/repos/{owner}/{repo}/pulls/{number}/update-branch", update_branch),
)
