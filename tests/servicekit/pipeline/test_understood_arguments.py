"""Arguments in other spellings: where the notice goes, and that the call is the same in every other respect."""

import json
from typing import Any

from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import READ, general_app
from tests.servicekit.apps.writes_database import WritesDatabase, confirmation_in, new_key
from tests.servicekit.conftest import Era


def blocks_of(result: Any) -> list[str]:
    return [block.text for block in result.content]


async def test_a_notice_of_a_read_stands_beside_its_json(era: Era) -> None:
    service = general_app()
    async with service.running(), connect(service, caller(READ), mode=era) as client:
        read = await client.call_tool("get_book", {"Number": " 3 "})
        page = await client.call_tool("list_books", {"limit": 1000, "after": "", "prefix": None})
    said = blocks_of(read)
    assert json.loads(said[0]) == read.structured_content == {"number": 3, "title": "acme volume 3", "pages": 30}
    assert said[1:] == ["Read Number as number."]
    assert page.structured_content is not None
    assert "limit is at most 50, so 50 was used." in page.structured_content["notice"]


async def test_a_refusal_says_what_was_understood(era: Era) -> None:
    service = general_app()
    async with service.running(), connect(service, caller(READ), mode=era) as client:
        result = await client.call_tool("get_book", {"NUMBER": "999"})
    assert result.is_error
    assert blocks_of(result) == ["No book 999. List them with list_books.", "Read NUMBER as number."]


async def test_a_resource_keeps_its_content_and_a_completion_its_values(era: Era) -> None:
    service = general_app()
    async with service.running(), connect(service, caller(READ), mode=era) as client:
        (content,) = (await client.read_resource("book://%2012%20")).contents
        prompt = await client.get_prompt("recommend", {"Genre": "poetry"})
    assert json.loads(content.text)["number"] == 12
    assert [message.content.text for message in prompt.messages] == [
        "Recommend a book of the genre poetry.\nRead Genre as genre."
    ]


async def test_a_write_is_the_same_write_in_another_spelling(writes: WritesDatabase) -> None:
    arguments = {"account_id": "till", "amount": 5, "idempotency_key": new_key()}
    async with writes.client() as client:
        first = await client.call_tool("deposit", arguments)
        again = await client.call_tool("deposit", {**arguments, "amount": "5", "note": "", "account_id": " till "})
        renamed = await client.call_tool("deposit", {"accountId": "till", **arguments, "account_id": None})
    assert again.structured_content == renamed.structured_content == first.structured_content
    assert (again.meta or {})["fleet/replayed"]
    assert "Read accountId as account_id." in blocks_of(renamed)[1]
    assert await writes.balance() == 1005


async def test_the_audit_trail_keeps_what_was_understood(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        await client.call_tool("deposit", {"accountId": " till ", "amount": "5.0", "note": " "})
    (entry,) = await writes.audited()
    assert entry["arguments"] == {"account_id": "till", "amount": 5}


async def test_a_preview_in_another_spelling_is_confirmed(writes: WritesDatabase) -> None:
    arguments = {"accountId": "till", "amount": " 5 ", "idempotency_key": new_key()}
    async with writes.client() as client:
        shown = await client.call_tool("withdraw", arguments)
        assert "Read accountId as account_id." in blocks_of(shown)
        done = await client.call_tool(*confirmation_in(shown))
    assert done.structured_content == {"id": "till", "balance": 995, "version": 2}
