"""Text that goes round through the GitHub server in reviews, changes of pull requests, workflows and repositories."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final

from mcp.client import Client

from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.world import World
from github_mcp.models.effect_marks import without_mark
from servicekit.schema.marks import restore
from tests.contract.text_trips import Written, write

SITE: Final = {"owner": "acme", "repo": "website"}
WORKFLOW: Final = "on: {workflow_dispatch: {inputs: {note: {type: string}}}}\njobs: {say: {}}\n"

Opened = Callable[[], Awaitable[dict[str, Any]]]


class NewText:
    """Each text is written to a record of its own.

    Args:
        opened: opens a pull request, which adds a file of one line named after its branch.
        commit: commits files to main.
    """

    def __init__(self, client: Client, world: World, opened: Opened, commit: Callable[[dict[str, str]], None]) -> None:
        self._client, self._world, self._opened, self._ids = client, world, opened, count(1)
        self._site: Repository = world.repositories["acme/website"]
        commit({".github/workflows/say.yml": WORKFLOW})

    def written(self) -> list[Written]:
        """The arguments with text."""
        return [
            Written("review_pull_request.comments[].body", lambda text: self._line_comment(body=text)),
            Written("review_pull_request.comments[].suggestion", self._suggestion),
            Written("reply_to_review_thread.body", self._reply),
            Written("update_pull_request.title", lambda text: self._update("title", title=text), str.strip),
            Written("update_pull_request.body", lambda text: self._update("body", body=text)),
            Written("update_pull_request.edits[].old", self._edit_away),
            Written("update_pull_request.edits[].new", self._edit_in),
            Written("dispatch_workflow.inputs", self._dispatch),
            Written("create_repository.description", self._create, str.strip),
        ]

    async def _commented(self, **comment: str) -> tuple[int, Pull]:
        pull = await self._opened()
        at = {"pull_number": pull["number"], "head_sha": pull["head_sha"], "event": "COMMENT"}
        branch = self._site.issues[pull["number"]].pull
        assert branch is not None
        comments = [{"path": f"{branch.head_ref}.txt", "line": 1, **comment}]
        await write(self._client, "review_pull_request", **SITE, **at, comments=comments)
        return pull["number"], branch

    async def _line_comment(self, **comment: str) -> str:
        _, pull = await self._commented(**comment)
        return without_mark(pull.threads[-1].comments[-1].body)

    async def _suggestion(self, text: str) -> str:
        """The suggested lines; a last line break ends the last of them."""
        body = await self._line_comment(suggestion=text)
        fence = body.partition("suggestion\n")[0]
        found = body.removeprefix(f"{fence}suggestion\n").removesuffix(fence)
        return found if text.endswith("\n") else found.removesuffix("\n")

    async def _reply(self, text: str) -> str:
        number, pull = await self._commented(body="A question")
        thread = pull.threads[-1]
        asked = {"pull_number": number, "thread_id": thread.id, "body": text}
        await write(self._client, "reply_to_review_thread", **SITE, **asked)
        return without_mark(thread.comments[-1].body)

    async def _update(self, field: str, **change: Any) -> str:
        number = (await self._opened())["number"]
        await write(self._client, "update_pull_request", **SITE, pull_number=number, **change)
        return without_mark(getattr(self._site.issues[number], field))

    async def _edit_in(self, text: str) -> str:
        number = (await self._opened())["number"]
        self._site.issues[number].body = "old"
        edits = [{"old": "old", "new": text}]
        await write(self._client, "update_pull_request", **SITE, pull_number=number, edits=edits)
        return without_mark(self._site.issues[number].body or "")

    async def _edit_away(self, text: str) -> str:
        number = (await self._opened())["number"]
        self._site.issues[number].body = restore(text)
        edits = [{"old": text, "new": "new"}]
        await write(self._client, "update_pull_request", **SITE, pull_number=number, edits=edits)
        assert without_mark(self._site.issues[number].body or "") == "new"
        return restore(text)

    async def _dispatch(self, text: str) -> str:
        await write(self._client, "dispatch_workflow", **SITE, workflow="say.yml", inputs={"note": text})
        return self._site.runs[-1].inputs["note"]

    async def _create(self, text: str) -> str | None:
        name = f"described-{next(self._ids)}"
        await write(self._client, "create_repository", owner="acme", repo=name, description=text)
        return self._world.repositories[f"acme/{name}"].description
