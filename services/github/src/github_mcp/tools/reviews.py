"""Tools for reviews: submitting them, answering and resolving threads, requesting reviewers."""

import asyncio
from typing import Annotated, Literal

from pydantic import Field

from github_mcp.models.changes import ReviewRequests, Text, WrittenComment, WrittenReview, WrittenThread
from github_mcp.models.commits.commits import ChangedFile
from github_mcp.models.identifiers import FilePath, Login, Owner, PullNumber, Repo, RepositoryName, team_slug
from github_mcp.models.pulls.pulls import PullRequest
from github_mcp.models.pulls.reviews import InlineComment, Thread
from github_mcp.ports.accounts import Accounts
from github_mcp.ports.pulls import Pulls
from github_mcp.ports.reviews import ChangedFiles, ReviewEvent, Reviews, ReviewText
from github_mcp.tools.line_comments import line_comments
from github_mcp.tools.pulls import HeadSha
from github_mcp.tools.reviewed_pulls import chosen
from servicekit.core import Refused
from servicekit.schema import CursorKey, Identifier, Limit, Page


def _thread_number(text: str) -> str:
    """The number in the address of a thread, which ends with ``#discussion_r1234``."""
    number = text.rpartition("#")[2].removeprefix("discussion_").removeprefix("r")
    return number if number.isascii() and number.isdecimal() else text


InlineComments = Annotated[list[InlineComment], Field(max_length=50, description="On lines.")]
ThreadId = Annotated[
    int,
    Field(ge=1, le=2**63 - 1, description="Id of a thread, from get_pull_request."),
    Identifier(
        "the id of a review thread such as 2041337", "2041337", found_by="get_pull_request", normalise=_thread_number
    ),
]
Team = Annotated[
    str,
    Identifier(
        "the slug of a team such as web-reviewers", "web-reviewers", pattern=r"[\w.-]{1,100}", normalise=team_slug
    ),
]
Reviewers = Annotated[list[Login], Field(max_length=15, description="Users.")]
Teams = Annotated[list[Team], Field(max_length=15, description="Slugs of teams of the owner.")]
ThreadState = Literal["open", "resolved", "all"]


class ReviewTools:
    def __init__(self, pulls: Pulls, reviews: Reviews, files: ChangedFiles, accounts: Accounts) -> None:
        self._pulls = pulls
        self._reviews = reviews
        self._files = files
        self._accounts = accounts

    async def review_pull_request(
        self,
        owner: Owner,
        repo: Repo,
        pull_number: PullNumber,
        event: ReviewEvent,
        head_sha: HeadSha,
        body: Text | None = None,
        comments: InlineComments | None = None,
    ) -> WrittenReview:
        """Submit a review of a pull request (PR): approve it (LGTM), request changes (reject, send back to its author)
        or comment, also on lines of the diff."""
        if body is None and not comments and event != "APPROVE":
            raise Refused(
                f"A {event} review needs a body or comments. Give the requested changes or the comment in `body`."
            )
        repository = RepositoryName(owner, repo)
        pull, login = await asyncio.gather(
            self._pulls.get(repository, pull_number), self._accounts.login() if event != "COMMENT" else _unknown()
        )
        _require_another(pull, login, event)
        is_latest = pull.head_sha == head_sha
        files = None
        if comments and is_latest:
            files = await self._files.of_paths(repository, pull_number, {one.path for one in comments})
        text = ReviewText(event, head_sha, body, line_comments(comments or (), files))
        if is_latest:
            return await self._reviews.submit(repository, pull_number, text)
        try:
            made = await self._reviews.submit(repository, pull_number, text)
        except Refused as refused:
            raise Refused(f"{refused} The head of the pull request is {pull.head_sha} now.") from None
        notice = f"The pull request has newer commits: its head is {pull.head_sha}, not the one reviewed."
        return made.model_copy(update={"notice": notice})

    async def find_review(self, owner: Owner, repo: Repo, pull_number: PullNumber, **_: object) -> WrittenReview | None:
        """The review that an earlier attempt submitted."""
        return await self._reviews.find_submitted(RepositoryName(owner, repo), pull_number)

    async def list_changed_files(
        self,
        owner: Owner,
        repo: Repo,
        pull_number: PullNumber,
        path: Annotated[FilePath, Field(description="Only this file, or the files below this folder.")] | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[ChangedFile]:
        """The files that a pull request (PR) changes, page by page, each with its patch: also where its diff is too
        large to read."""
        return await self._files.list(RepositoryName(owner, repo), pull_number, path, limit, cursor)

    async def list_review_threads(
        self,
        owner: Owner,
        repo: Repo,
        pull_number: PullNumber,
        state: ThreadState = "open",
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[Thread]:
        """The inline review comments of a pull request (PR) as threads: open ones, or those resolved already."""
        found = await self._reviews.threads(RepositoryName(owner, repo), pull_number)
        threads = chosen(found.threads, state)
        start = int(cursor[0]) if cursor is not None else 0
        places = {one.id: number for number, one in enumerate(threads, start=1)}
        notices = [f"Unknown: {one.part}. {one.reason}" for one in found.missing]
        if found.more_threads:
            notices.append(f"GitHub has more threads than the {len(found.threads)} that were read.")
        rows = threads[start : start + limit]
        more = start + limit < len(threads)
        return Page(rows, limit, key=lambda one: (places[one.id],), notice=" ".join(notices) or None, more=more)

    async def reply_to_review_thread(
        self, owner: Owner, repo: Repo, pull_number: PullNumber, thread_id: ThreadId, body: Text
    ) -> WrittenComment:
        """Reply to an inline review comment of a pull request (PR), in its thread."""
        return await self._reviews.reply(RepositoryName(owner, repo), pull_number, thread_id, body)

    async def find_reply(self, owner: Owner, repo: Repo, pull_number: PullNumber, **_: object) -> WrittenComment | None:
        """The reply that an earlier attempt added."""
        return await self._reviews.find_reply(RepositoryName(owner, repo), pull_number)

    async def resolve_review_thread(
        self,
        owner: Owner,
        repo: Repo,
        pull_number: PullNumber,
        thread_id: ThreadId,
        resolved: Annotated[bool, Field(description="False opens it again.")] = True,
    ) -> WrittenThread:
        """Resolve a thread of inline review comments of a pull request (PR): it is dealt with. Or open it again."""
        return await self._reviews.resolve(RepositoryName(owner, repo), pull_number, thread_id, resolved=resolved)

    async def request_reviewers(
        self,
        owner: Owner,
        repo: Repo,
        pull_number: PullNumber,
        reviewers: Reviewers | None = None,
        teams: Teams | None = None,
        remove: Annotated[bool, Field(description="Withdraw the requests instead.")] = False,
    ) -> ReviewRequests:
        """Ask people or teams to review a pull request (PR), or withdraw that. Those asked already stay asked."""
        if not reviewers and not teams:
            raise Refused("Name at least one user in `reviewers`, such as octocat, or one team in `teams`.")
        repository = RepositoryName(owner, repo)
        if not remove:
            author = (await self._pulls.get(repository, pull_number)).author
            if author is not None and author.lower() in {one.lower() for one in reviewers or ()}:
                raise Refused(
                    f"{author} opened pull request #{pull_number} and cannot be its reviewer. Leave that login out. "
                    "Nothing was requested."
                )
        return await self._reviews.request(repository, pull_number, reviewers or (), teams or (), remove=remove)


async def _unknown() -> None:
    return None


def _require_another(pull: PullRequest, login: str | None, event: ReviewEvent) -> None:
    """Refuse an opinion on one's own pull request, as GitHub does."""
    if event == "COMMENT" or login is None or pull.author is None or login.lower() != pull.author.lower():
        return
    verb = "approve" if event == "APPROVE" else "request changes of"
    raise Refused(
        f"This server acts as {login}, who opened pull request #{pull.number}: GitHub lets no one {verb} their own. "
        "Submit it with event COMMENT, or ask another person for a review. Nothing was written."
    )
