"""Text that goes round through the GitHub server, on a simulated GitHub."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

from mcp.client import Client
from pydantic import SecretStr

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.releases import Release
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.testing import simulator_in_thread
from devkit.simulators.github.world import SIMULATED_TOKEN, World
from github_mcp.app import build
from github_mcp.models.effect_marks import without_mark
from github_mcp.settings import GithubSettings
from servicekit.schema.marks import restore
from servicekit.testing.service import caller, connect
from tests.contract.text_trips import Shown, Stores, TextFields, Written, write
from tests.fixtures.calls import call, confirmed

from .new_text_fields import NewText

SCOPES = ("github:read", "github:write", "github:merge", "github:security")
SITE: Final = {"owner": "acme", "repo": "website"}


def without_last_break(text: str) -> str:
    """Lines of a suggestion: the last one ends with it."""
    return text.removesuffix("\n")


@asynccontextmanager
async def text_fields(stores: Stores) -> AsyncIterator[TextFields]:
    """All of them, on a simulated GitHub of their own."""
    with simulator_in_thread(stores.folder / "repositories") as running:
        settings: dict[str, Any] = {
            "public_url": "http://127.0.0.1:8103/mcp",
            "api_url": running.url,
            "token": SecretStr(SIMULATED_TOKEN),
            "redis_url": SecretStr(stores.valkey_url),
            "state_keys": (SecretStr("s" * 32),),
            "audit_file": stores.folder / "audit",
            "toolsets": ("all",),
            **dict.fromkeys(("limit_server", "limit_caller", "limit_tool"), 10**6),
        }
        service = build(GithubSettings(**settings))
        ann = caller(*SCOPES, subject=secrets.token_hex(4))
        async with service.running(), connect(service, ann) as client:
            yield _GitHub(client, running.simulator.world).fields()


class _GitHub:
    """Every text is planted in a record of its own, so that no cached response hides it."""

    def __init__(self, client: Client, world: World) -> None:
        self._client, self._world, self._ids = client, world, count(1)
        self._site = world.repositories["acme/website"]
        self._user = next(account for account in world.accounts.values() if account.login == "mona")
        self._planted: dict[str, Any] = {}
        self._new = NewText(client, world, self._opened, lambda files: self._commit(files, branch="main"))

    def fields(self) -> TextFields:
        return TextFields(
            [
                self._shown("get_issue.title", lambda text: self._issue(text, None).number, self._get_issue("title")),
                self._shown("get_issue.body", lambda text: self._issue("A", text).number, self._get_issue("body")),
                self._shown("get_issue.shown_comments[].body", self._commented, self._comment_of),
                self._shown("get_file_contents.text", lambda text: self._file(text)[0], self._text_of),
                self._shown("get_commit.message", lambda text: self._commit({}, text), self._message_of),
                self._shown("get_latest_release.notes", self._released, self._notes_of),
            ],
            [
                Written("create_issue.title", lambda text: self._create_issue("title", text), str.strip),
                Written("create_issue.body", lambda text: self._create_issue("body", text)),
                Written("update_issue.title", lambda text: self._update_issue("title", title=text), str.strip),
                Written("update_issue.body", lambda text: self._update_issue("body", body=text)),
                Written("update_issue.edits[].old", self._edit_away),
                Written("update_issue.edits[].new", self._edit_in),
                Written("add_comment.body", self._comment),
                Written("create_pull_request.title", lambda text: self._open("title", text), str.strip),
                Written("create_pull_request.body", lambda text: self._open("body", text)),
                Written("review_pull_request.body", self._review),
                Written("merge_pull_request.commit_title", self._merge, str.strip),
                Written("create_release.name", lambda text: self._release("name", text), str.strip),
                Written("create_release.notes", lambda text: self._release("body", text)),
                Written("create_milestone.title", lambda text: self._milestone("title", text), str.strip),
                Written("create_milestone.description", lambda text: self._milestone("description", text)),
                Written("update_milestone.title", lambda text: self._new_milestone("title", text), str.strip),
                Written("update_milestone.description", lambda text: self._new_milestone("description", text)),
                Written("commit_files.message", self._commit_message, str.rstrip),
                Written("commit_files.files[].content", self._write_file),
                Written("commit_files.files[].edits[].old", self._edit_file_away),
                Written("commit_files.files[].edits[].new", self._edit_file_in),
                *self._new.written(),
            ],
        )

    def _shown(self, name: str, plant: Callable[[str], Any], read: Callable[[Any], Awaitable[str]]) -> Shown:
        async def planted(text: str) -> None:
            self._planted[name] = plant(text)

        return Shown(name, planted, lambda: read(self._planted[name]))

    def _issue(self, title: str, body: str | None) -> Issue:
        return self._world.add_issue(self._site, self._user, title, body)

    def _get_issue(self, field: str) -> Callable[[int], Awaitable[str]]:
        async def read(number: int) -> str:
            text: str = (await call(self._client, "get_issue", **SITE, issue_number=number))[field]
            return text

        return read

    def _commented(self, text: str) -> int:
        issue = self._issue("Commented", None)
        self._world.add_comment(issue, self._user, text)
        return issue.number

    async def _comment_of(self, number: int) -> str:
        found = await call(self._client, "get_issue", **SITE, issue_number=number)
        text: str = found["shown_comments"][0]["body"]
        return text

    def _commit(self, files: dict[str, str], message: str = "Plant", branch: str | None = None) -> str:
        git = self._site.git
        parent = git.branches()["main"]
        changes = {path: (FILE_MODE, git.add_blob(content.encode())) for path, content in files.items()}
        tree = git.add_tree(changes, git.commit(parent).tree.decode())
        sha = git.add_commit(tree, [parent], message, self._user.as_author, self._world.now())
        git.set_ref(f"refs/heads/{branch or f'planted-{next(self._ids)}'}", sha)
        return sha

    def _file(self, text: str) -> tuple[str, str, str]:
        """Commit, branch and path of a new file with this text."""
        branch, path = f"file-{next(self._ids)}", "planted.txt"
        return self._commit({path: text}, branch=branch), branch, path

    async def _text_of(self, commit: str) -> str:
        found = await call(self._client, "get_file_contents", **SITE, path="planted.txt", ref=commit)
        text: str = found["text"]
        return text

    async def _message_of(self, commit: str) -> str:
        text: str = (await call(self._client, "get_commit", **SITE, ref=commit))["message"]
        return text

    def _released(self, text: str) -> str:
        repository = self._world.add_repository(
            self._site.owner, f"released-{next(self._ids)}", private=False, description="For one release"
        )
        made = self._world.now()
        repository.releases.append(Release(self._world.new_id(), "v1", "main", "First", text, self._user, made))
        return repository.name

    async def _notes_of(self, repository: str) -> str:
        text: str = (await call(self._client, "get_latest_release", owner="acme", repo=repository))["notes"]
        return text

    async def _create_issue(self, field: str, text: str) -> str | None:
        made = await write(self._client, "create_issue", **SITE, **{"title": "A title", field: text})
        return self._of_issue(made["number"], field)

    async def _update_issue(self, field: str, **change: Any) -> str | None:
        number = self._issue("A title", None).number
        await write(self._client, "update_issue", **SITE, issue_number=number, **change)
        return self._of_issue(number, field)

    def _of_issue(self, number: int, field: str) -> str:
        return without_mark(getattr(self._site.issues[number], field))

    async def _edit_away(self, text: str) -> str | None:
        number = self._issue("A title", restore(text)).number
        edits = [{"old": text, "new": "new"}]
        await write(self._client, "update_issue", **SITE, issue_number=number, edits=edits)
        assert self._of_issue(number, "body") == "new"
        return restore(text)

    async def _edit_in(self, text: str) -> str | None:
        number = self._issue("A title", "old").number
        edits = [{"old": "old", "new": text}]
        await write(self._client, "update_issue", **SITE, issue_number=number, edits=edits)
        return self._of_issue(number, "body")

    async def _comment(self, text: str) -> str | None:
        issue = self._issue("To comment on", None)
        await write(self._client, "add_comment", **SITE, issue_number=issue.number, body=text)
        return without_mark(issue.comments[-1].body)

    async def _opened(self, **texts: str) -> dict[str, Any]:
        branch = f"pull-{next(self._ids)}"
        self._commit({f"{branch}.txt": "new\n"}, branch=branch)
        asked = {"title": "A title", "head": branch, "base": "main", **texts}
        return await write(self._client, "create_pull_request", **SITE, **asked)

    async def _open(self, field: str, text: str) -> str | None:
        return self._of_issue((await self._opened(**{field: text}))["number"], field)

    async def _review(self, text: str) -> str | None:
        pull = await self._opened()
        asked = {"pull_number": pull["number"], "head_sha": pull["head_sha"], "event": "COMMENT", "body": text}
        await write(self._client, "review_pull_request", **SITE, **asked)
        present = self._site.issues[pull["number"]].pull
        assert present is not None
        return without_mark(present.reviews[-1].body)

    async def _merge(self, text: str) -> str | None:
        pull = await self._opened()
        asked = {"pull_number": pull["number"], "head_sha": pull["head_sha"], "commit_title": text}
        merged = await confirmed(self._client, "merge_pull_request", **SITE, **asked)
        return self._message(self._site, merged["sha"]).removesuffix("\n\nA title")

    @staticmethod
    def _message(repository: Repository, sha: str) -> str:
        return repository.git.commit(sha).message.decode()

    async def _release(self, field: str, text: str) -> str | None:
        argument = {"name": "name", "body": "notes"}[field]
        await write(self._client, "create_release", **SITE, tag=f"v9.{next(self._ids)}", **{argument: text})
        return without_mark(getattr(self._site.releases[-1], field))

    async def _milestone(self, field: str, text: str) -> str | None:
        self._site.milestones.clear()  # a title is used once
        made = await write(self._client, "create_milestone", **SITE, **{"title": "A title", field: text})
        return without_mark(getattr(self._site.milestones[made["number"]], field))

    async def _new_milestone(self, field: str, text: str) -> str | None:
        self._site.milestones.clear()
        number = self._world.add_milestone(self._site, self._user, "A title").number
        await write(self._client, "update_milestone", **SITE, milestone=number, **{field: text})
        return without_mark(getattr(self._site.milestones[number], field))

    async def _committed(self, branch: str, file: dict[str, Any], message: str = "Change") -> str:
        head = self._site.git.branches()[branch]
        asked = {"branch": branch, "message": message, "files": [file], "expected_head": head}
        sha: str = (await write(self._client, "commit_files", **SITE, **asked))["sha"]
        return sha

    async def _commit_message(self, text: str) -> str | None:
        _, branch, _ = self._file("planted")
        sha = await self._committed(branch, {"path": "new.txt", "content": "new"}, text)
        return self._message(self._site, sha).rpartition("\n\nFleet-Write: ")[0]

    async def _write_file(self, text: str) -> str | None:
        _, branch, _ = self._file("planted")
        return self._content(await self._committed(branch, {"path": "new.txt", "content": text}), "new.txt")

    async def _edit_file_in(self, text: str) -> str | None:
        _, branch, path = self._file("old")
        return self._content(
            await self._committed(branch, {"path": path, "edits": [{"old": "old", "new": text}]}), path
        )

    async def _edit_file_away(self, text: str) -> str | None:
        _, branch, path = self._file(restore(text))
        sha = await self._committed(branch, {"path": path, "edits": [{"old": text, "new": "new"}]})
        assert self._content(sha, path) == "new"
        return restore(text)

    def _content(self, commit: str, path: str) -> str:
        entry = self._site.git.entry(commit, path)
        assert entry is not None
        return self._site.git.blob(entry.sha).decode()
