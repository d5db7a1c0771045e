"""Text that goes round through the ticketing server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from mcp.client import Client

from servicekit.testing.service import caller, connect
from tests.contract.text_trips import Shown, Stores, TextFields, Written, write
from tests.fixtures.calls import call, confirmed, walk
from tests.fixtures.databases import owner_of, service_on

CLERK = caller("tickets:read", "tickets:write", "tickets:reply", subject="clerk", tenant="acme")


@asynccontextmanager
async def text_fields(stores: Stores) -> AsyncIterator[TextFields]:
    """All of them, on a database of their own."""
    service = service_on("ticketing", stores.urls)
    async with owner_of(stores.urls) as store, service.running(), connect(service, CLERK) as client:
        yield await _Tickets(client, store).fields()


class _Tickets:
    def __init__(self, client: Client, store: Any) -> None:
        self._client, self._store = client, store
        self._ids = count(1)

    async def fields(self) -> TextFields:
        number = (await self._created("A title", "A body"))["number"]
        asked = {"ticket_id": f"T-{number}"}
        billing = (await self._created("A title", "A body", queue_id="billing"))["number"]
        await self._custom(billing, "INV-1")
        await write(self._client, "attach_file", ticket_id=f"T-{billing}", name="a.txt", text="A text.")
        await write(self._client, "add_internal_note", **asked, body="A note.")
        staff = await self._store.fetchval("SELECT id FROM ticketing.users WHERE kind = 'staff'")
        closed = await self._store.fetchval("SELECT number FROM ticketing.tickets WHERE resolution IS NOT NULL")
        merged = await self._merged()
        requester = await self._store.fetchval("SELECT requester_id FROM ticketing.tickets WHERE number = $1", number)
        macro = await self._store.fetchval("SELECT id FROM ticketing.macros ORDER BY id")

        def column(table: str, name: str, key: str, value: Any) -> Any:
            async def plant(text: str) -> None:
                statement = f"UPDATE ticketing.{table} SET {name} = $2 WHERE {key} = $1"  # names of ours
                await self._store.execute(statement, value, text)

            return plant

        def of(tool: str, *path: str | int, **arguments: Any) -> Any:
            async def read() -> str:
                found: Any = await call(self._client, tool, **arguments)
                for step in path:
                    found = found[step]
                text: str = found
                return text

            return read

        async def user(identifier: str) -> str:
            email = await self._store.fetchval("SELECT email FROM ticketing.users WHERE id = $1", identifier)
            found = await call(self._client, "search_users", query=email)
            text: str = next(one["name"] for one in found["items"] if one["id"] == identifier)
            return text

        return TextFields(
            [
                Shown(
                    "get_ticket.title", column("tickets", "title", "number", number), of("get_ticket", "title", **asked)
                ),
                Shown(
                    "get_ticket.body", column("tickets", "body", "number", number), of("get_ticket", "body", **asked)
                ),
                Shown(
                    "get_ticket.resolution",
                    column("tickets", "resolution", "number", closed),
                    of("get_ticket", "resolution", ticket_id=f"T-{closed}"),
                ),
                Shown(
                    "get_history.resolution",
                    lambda text: self._store.execute(
                        "UPDATE ticketing.events SET resolution = $2 WHERE number = $1 AND kind = 'closed'",
                        closed,
                        text,
                    ),
                    lambda: self._resolution(closed),
                ),
                Shown(
                    "get_ticket.merged.requester_name",
                    column("users", "name", "id", merged["requester_id"]),
                    of("get_ticket", "merged", 0, "requester_name", ticket_id=f"T-{merged['merged_into']}"),
                ),
                Shown(
                    "list_comments.body",
                    column("comments", "body", "number", number),
                    of("list_comments", "items", 0, "body", **asked),
                ),
                Shown(
                    "list_comments.author_name",
                    column("users", "name", "id", requester),
                    of("list_comments", "items", 0, "author_name", sequence=0, **asked),
                ),
                Shown(
                    "get_ticket.requester_name",
                    column("users", "name", "id", requester),
                    of("get_ticket", "requester_name", **asked),
                ),
                Shown(
                    "get_ticket.custom_fields[].text",
                    self._plant_custom(billing),
                    of("get_ticket", "custom_fields", 0, "text", ticket_id=f"T-{billing}"),
                ),
                Shown(
                    "get_attachment.text",
                    self._plant_file(billing),
                    of("get_attachment", "text", ticket_id=f"T-{billing}", attachment_id="1"),
                ),
                Shown("search_users.name", column("users", "name", "id", staff), lambda: user(staff)),
                Shown(
                    "preview_macro.text",
                    column("macros", "text", "id", macro),
                    of("preview_macro", "text", macro_id=macro, **asked),
                ),
                Shown("list_macros.text", column("macros", "text", "id", macro), of("list_macros", "items", 0, "text")),
            ],
            [
                Written("create_ticket.title", lambda text: self._create("title", text), str.strip),
                Written("create_ticket.body", lambda text: self._create("body", text)),
                Written("create_ticket.requester_name", self._name, str.strip),
                Written("update_ticket.title", lambda text: self._retitle(number, text), str.strip),
                Written("add_internal_note.body", lambda text: self._note(number, text)),
                Written("add_public_reply.body", self._reply),
                Written("close_ticket.resolution", self._close),
                Written("close_ticket.resolution", self._close_in_history),
                Written("attach_file.text", self._file),
                Written("attach_file.note", self._file_note),
                Written("create_ticket.custom_fields", self._custom_at_creation),
                Written("update_ticket.custom_fields", lambda text: self._custom(billing, text)),
                Written("update_tickets.changes[].resolution", self._close_in_batch),
            ],
        )

    async def _created(self, title: str, body: str, **arguments: Any) -> Any:
        email = f"round-trip-{next(self._ids)}@example.com"
        made = await write(
            self._client,
            "create_ticket",
            **{"title": title, "body": body, "queue_id": "it-support", "requester_email": email, **arguments},
        )
        query = "SELECT number, title, body, requester_id FROM ticketing.tickets WHERE number = $1"
        return await self._store.fetchrow(query, int(made["ticket_id"][2:]))

    async def _create(self, column: str, text: str) -> str | None:
        found: str = (await self._created(**{"title": "A title", "body": "A body", column: text}))[column]
        return found

    async def _merged(self) -> Any:
        """A ticket that was merged into another."""
        one, into = await self._created("A title", "A body"), await self._created("A title", "A body")
        await confirmed(self._client, "merge_tickets", ticket_ids=[f"T-{one['number']}"], into_id=f"T-{into['number']}")
        query = "SELECT requester_id, merged_into FROM ticketing.tickets WHERE number = $1"
        return await self._store.fetchrow(query, one["number"])

    async def _resolution(self, number: int) -> str:
        """The resolution of a closing, in the history."""
        events = await walk(self._client, "get_history", ticket_id=f"T-{number}")
        text: str = next(event["resolution"] for event in events if event["kind"] == "closed")
        return text

    async def _name(self, text: str) -> str | None:
        row = await self._created("A title", "A body", requester_name=text)
        found: str | None = await self._store.fetchval(
            "SELECT name FROM ticketing.users WHERE id = $1", row["requester_id"]
        )
        return found

    async def _retitle(self, number: int, text: str) -> str | None:
        await self._store.execute("UPDATE ticketing.tickets SET title = 'Another' WHERE number = $1", number)
        await write(self._client, "update_ticket", ticket_id=f"T-{number}", title=text)
        found: str | None = await self._store.fetchval("SELECT title FROM ticketing.tickets WHERE number = $1", number)
        return found

    async def _note(self, number: int, text: str) -> str | None:
        await write(self._client, "add_internal_note", ticket_id=f"T-{number}", body=text)
        return await self._last_comment(number)

    async def _reply(self, text: str) -> str | None:
        number = (await self._created("A title", "A body"))["number"]
        await confirmed(self._client, "add_public_reply", ticket_id=f"T-{number}", body=text)
        return await self._last_comment(number)

    async def _last_comment(self, number: int) -> str | None:
        query = "SELECT body FROM ticketing.comments WHERE number = $1 ORDER BY sequence DESC LIMIT 1"
        found: str | None = await self._store.fetchval(query, number)
        return found

    async def _close(self, text: str) -> str | None:
        number = (await self._created("A title", "A body"))["number"]
        await confirmed(self._client, "close_ticket", ticket_id=f"T-{number}", resolution=text)
        query = "SELECT resolution FROM ticketing.tickets WHERE number = $1"
        found: str | None = await self._store.fetchval(query, number)
        return found

    async def _close_in_history(self, text: str) -> str | None:
        number = (await self._created("A title", "A body"))["number"]
        await confirmed(self._client, "close_ticket", ticket_id=f"T-{number}", resolution=text)
        query = "SELECT resolution FROM ticketing.events WHERE number = $1 AND kind = 'closed'"
        found: str | None = await self._store.fetchval(query, number)
        return found

    async def _close_in_batch(self, text: str) -> str | None:
        number = (await self._created("A title", "A body"))["number"]
        change = {"ticket_id": f"T-{number}", "status": "closed", "resolution": text}
        await confirmed(self._client, "update_tickets", changes=[change])
        query = "SELECT resolution FROM ticketing.tickets WHERE number = $1"
        found: str | None = await self._store.fetchval(query, number)
        return found

    def _plant_custom(self, number: int) -> Any:
        async def plant(text: str) -> None:
            statement = "UPDATE ticketing.field_values SET value = to_jsonb($2::text) WHERE number = $1"
            await self._store.execute(statement, number, text)

        return plant

    def _plant_file(self, number: int) -> Any:
        async def plant(text: str) -> None:
            statement = "UPDATE ticketing.attachment_contents SET content = $2 WHERE number = $1"
            await self._store.execute(statement, number, text.encode())

        return plant

    async def _define_note(self, queue_id: str) -> None:
        await self._store.execute(
            "INSERT INTO ticketing.custom_fields (tenant_id, queue_id, name, position, definition) VALUES "
            """('acme', $1, 'note', 9, '{"type": "text", "meaning": "a note"}') ON CONFLICT DO NOTHING""",
            queue_id,
        )

    async def _custom(self, number: int, text: str) -> str | None:
        await self._define_note("billing")
        await self._store.execute("UPDATE ticketing.field_values SET value = NULL WHERE number = $1", number)
        await write(self._client, "update_ticket", ticket_id=f"T-{number}", custom_fields={"note": text})
        return await self._noted(number)

    async def _custom_at_creation(self, text: str) -> str | None:
        await self._define_note("it-support")
        return await self._noted((await self._created("A title", "A body", custom_fields={"note": text}))["number"])

    async def _noted(self, number: int) -> str | None:
        query = "SELECT value #>> '{}' FROM ticketing.field_values WHERE number = $1 AND name = 'note'"
        found: str | None = await self._store.fetchval(query, number)
        return found

    async def _attached(self, **file: str) -> int:
        number: int = (await self._created("A title", "A body"))["number"]
        await write(self._client, "attach_file", ticket_id=f"T-{number}", name="a.txt", **file)
        return number

    async def _file(self, text: str) -> str | None:
        number = await self._attached(text=text)
        query = "SELECT content FROM ticketing.attachment_contents WHERE number = $1"
        content: bytes = await self._store.fetchval(query, number)
        return content.decode()

    async def _file_note(self, text: str) -> str | None:
        return await self._last_comment(await self._attached(text="A text.", note=text))
