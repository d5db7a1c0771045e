"""Reviews of pull requests: reading and submitting them, their comments, and requests for them."""

from typing import Any, get_args

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.pull_branches import changes_of, present
from devkit.simulators.github.records.accounts import Account, Team
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.reviews import Review, ReviewComment, Side, Thread
from devkit.simulators.github.responses import ApiError, ApiResponse, not_found, unprocessable
from devkit.simulators.github.review_lines import Place, place_of
from devkit.simulators.github.review_writes import add_reply
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.accounts import team_object, user
from devkit.simulators.github.serializers.issues import pull_object
from devkit.simulators.github.serializers.reviews import review_object, thread_comment

_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def reviews(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews, oldest first."""
    repository = request.repository()
    issue = request.pull(repository)
    pull = present(repository, issue)
    return request.page(pull.reviews, lambda one: review_object(request.urls, repository, issue, one))


def create_review(request: ApiRequest) -> Any:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews. Either all of it is stored or nothing."""
    repository, account = request.own_repository(), request.signed_in()
    issue = request.pull(repository)
    pull, event = present(repository, issue), request.body.get("event")
    if event not in _STATES:
        raise unprocessable("Variable $event of type PullRequestReviewEvent was provided invalid value")
    body = request.text("body", "PullRequestReview") or ""
    comments = request.body.get("comments") or []
    if not body and (event == "REQUEST_CHANGES" or (event == "COMMENT" and not comments)):
        raise unprocessable("Unprocessable Entity: body is required for this event")
    if account == issue.user and event != "COMMENT":
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise ApiError(422, "Unprocessable Entity", errors=[f"Review Can not {verb} your own pull request"])
    commit = request.body.get("commit_id") or pull.head_sha
    if commit not in repository.git.history(pull.head_sha):
        raise ApiError(422, "Unprocessable Entity", errors=["The commit is not part of the pull request"])
    threads = [_thread(request, repository, pull, commit, one) for one in comments]
    review = Review(request.world.new_id(), account, body, request.world.now(), _STATES[event], commit)
    for thread, one in zip(threads, comments, strict=True):
        thread.comments.append(ReviewComment(thread.id, account, one["body"], review.created_at, review.id))
    pull.reviews.append(review)
    pull.threads += threads
    pull.requested_reviewers = [one for one in pull.requested_reviewers if one != account]
    return review_object(request.urls, repository, issue, review)


def _thread(request: ApiRequest, repository: Repository, pull: Pull, commit: str, asked: Any) -> Thread:
    """A new thread without its comment. Raises `ApiError` 422 where the diff does not show its lines."""
    if not isinstance(asked, dict) or not all(isinstance(asked.get(name), str) for name in ("path", "body")):
        raise ApiError(
            422, "Invalid request.\n\nFor 'properties/comments', an item is not an object with path and body."
        )
    at_commit = Pull(pull.head_ref, pull.base_ref, commit, pull.base_sha)
    patches = {change.path: change.patch for change in changes_of(repository, at_commit)}
    path, line, side = asked["path"], asked.get("line"), asked.get("side", "RIGHT")
    start = asked.get("start_line")
    if path not in patches:
        raise _unresolved("Path could not be resolved")
    place = _place(patches[path], line, side)
    if place is None or not isinstance(line, int):
        raise _unresolved("Line could not be resolved")
    if start is not None:
        if not isinstance(start, int) or start >= line:
            raise _unresolved("Pull request review thread start line must precede the end line.")
        first = _place(patches[path], start, asked.get("start_side", side))
        if first is None:
            raise _unresolved("Start line could not be resolved")
        if first.number != place.number:
            raise _unresolved("Pull request review thread start line must be part of the same hunk as the line.")
    return Thread(request.world.new_id(), path, line, side, commit, place.hunk, place.position, start)


def _place(patch: str, line: Any, side: Any) -> Place | None:
    return place_of(patch, line, side) if isinstance(line, int) and side in get_args(Side) else None


def _unresolved(words: str) -> ApiError:
    return ApiError(422, "Unprocessable Entity", errors=[words])


def comments(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/comments: by id, oldest first if not asked otherwise."""
    repository = request.repository()
    issue = request.pull(repository)
    pull = present(repository, issue)
    newest_first = "sort" in request.query and request.query.get("direction", "desc") == "desc"
    found = sorted(
        ((thread, comment) for thread in pull.threads for comment in thread.comments),
        key=lambda pair: pair[1].id,
        reverse=newest_first,
    )
    return request.page(found, lambda pair: thread_comment(request.urls, repository, issue, pull, *pair))


def one_comment(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/pulls/comments/{comment_id}."""
    repository, number = request.repository(), request.number("comment")
    for issue in repository.issues.values():
        for thread in issue.pull.threads if issue.pull is not None else ():
            for comment in thread.comments:
                if comment.id == number:
                    pull = present(repository, issue)
                    return thread_comment(request.urls, repository, issue, pull, thread, comment)
    raise not_found()


def reply(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies: to the first of a thread alone."""
    repository, account = request.own_repository(), request.signed_in()
    issue = request.pull(repository)
    pull, number = present(repository, issue), request.number("comment")
    body = request.text("body", "PullRequestReviewComment", required=True) or ""
    thread = next((one for one in pull.threads if one.id == number), None)
    if thread is None:
        raise not_found()
    made = add_reply(request, pull, thread, account, body)
    return ApiResponse(thread_comment(request.urls, repository, issue, pull, thread, made), 201)


def requested(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers."""
    repository = request.repository()
    pull = present(repository, request.pull(repository))
    return {
        "users": [user(request.urls, account) for account in pull.requested_reviewers],
        "teams": [team_object(request.urls, repository.owner, team) for team in pull.requested_teams],
    }


def request_reviewers(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers."""
    repository = request.own_repository()
    issue = request.pull(repository)
    pull, accounts, teams = present(repository, issue), *_asked(request, repository)
    if issue.user in accounts:
        raise unprocessable("Review cannot be requested from pull request author.")
    pull.requested_reviewers += [one for one in accounts if one not in pull.requested_reviewers]
    pull.requested_teams += [one for one in teams if one not in pull.requested_teams]
    return ApiResponse(pull_object(request.urls, repository, issue, pull), 201)


def withdraw_requests(request: ApiRequest) -> Any:
    """DELETE /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers."""
    repository = request.own_repository()
    issue = request.pull(repository)
    pull, accounts, teams = present(repository, issue), *_asked(request, repository)
    pull.requested_reviewers = [one for one in pull.requested_reviewers if one not in accounts]
    pull.requested_teams = [one for one in pull.requested_teams if one not in teams]
    return pull_object(request.urls, repository, issue, pull)


def _asked(request: ApiRequest, repository: Repository) -> tuple[list[Account], list[Team]]:
    """The accounts and teams in the body. Raises `ApiError` 422 for those without access to the repository."""
    owner = repository.owner
    logins, slugs = (request.body.get(name) or [] for name in ("reviewers", "team_reviewers"))
    accounts = [request.world.account(login) for login in logins]
    known = [one for one in accounts if one is not None and (one == owner or one.login in owner.members)]
    teams = [one for one in owner.teams if one.slug in slugs]
    if len(known) < len(logins) or len(teams) < len(set(slugs)):
        raise unprocessable(
            "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not "
            f"a collaborator of the {repository.full_name} repository."
        )
    return known, teams


_ONE = "/repos/{owner}/{repo}/pulls/{number}"
TABLE: Table = (
    ("GET", f"{_ONE}/reviews", reviews),
    ("POST", f"{_ONE}/reviews", create_review),
    ("GET", "/repos/{owner}/{repo}/pulls/comments/{comment}", one_comment),
    ("GET", f"{_ONE}/comments", comments),
    ("POST", f"{_ONE}/comments/{{comment}}/replies", reply),
    ("GET", f"{_ONE}/requested_reviewers", requested),
    ("POST", f"{_ONE}/requested_reviewers", request_reviewers),
    ("DELETE", f"{_ONE}/requested_reviewers", withdraw_requests),
)
