"""Cursors: opaque, and worth nothing once altered or given to another tool, filter, tenant, caller or key."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.schema.pagination import CursorKey, Cursors
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import READ, STATE_KEY, general_app

ANN = caller(READ)
OLD, NEW = STATE_KEY.encode(), b"n" * 32
SCALAR = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"), max_size=20)
)


@given(st.lists(SCALAR, max_size=4).map(tuple))
def test_a_position_comes_back_as_it_was(position: tuple[Any, ...]) -> None:
    cursors = Cursors([OLD])
    assert cursors.open(cursors.seal(position, "list", {}, ANN), "list", {}, ANN) == CursorKey(position)


@given(st.data())
def test_an_altered_cursor_is_refused(data: st.DataObject) -> None:
    cursors = Cursors([OLD])
    cursor = cursors.seal((7, "a"), "list", {}, ANN)
    place = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.characters(codec="utf-8"))
    altered = data.draw(
        st.sampled_from([cursor[:place] + letter + cursor[place + 1 :], cursor[:place], cursor + letter, cursor + "="])
    )
    if altered != cursor:
        with pytest.raises(InvalidToken):
            cursors.open(altered, "list", {}, ANN)


@given(st.text(max_size=60))
def test_any_text_is_refused_as_a_cursor(text: str) -> None:
    with pytest.raises(InvalidToken):
        Cursors([OLD]).open(text, "list", {}, ANN)


@pytest.mark.parametrize(
    ("operation", "arguments", "who"),
    [
        ("other", {"prefix": "a"}, ANN),
        ("list", {"prefix": "b"}, ANN),
        ("list", {}, ANN),
        ("list", {"prefix": "a", "more": 1}, ANN),
        ("list", {"prefix": "a"}, dataclasses.replace(ANN, tenant="globex")),
        ("list", {"prefix": "a"}, dataclasses.replace(ANN, tenant=None)),
        ("list", {"prefix": "a"}, dataclasses.replace(ANN, subject="bob")),
        ("list", {"prefix": "a"}, dataclasses.replace(ANN, client_id="other")),
    ],
)
def test_a_cursor_is_bound(operation: str, arguments: dict[str, Any], who: Any) -> None:
    cursors = Cursors([OLD])
    cursor = cursors.seal((7,), "list", {"prefix": "a"}, ANN)
    with pytest.raises(InvalidToken):
        cursors.open(cursor, operation, arguments, who)


def test_keys_rotate_by_adding_in_front() -> None:
    cursor = Cursors([OLD]).seal((7,), "list", {}, ANN)
    both = Cursors([NEW, OLD])
    assert both.open(cursor, "list", {}, ANN) == (7,)
    fresh = both.seal((8,), "list", {}, ANN)
    assert Cursors([NEW]).open(fresh, "list", {}, ANN) == (8,)
    for cursors, stale in ((Cursors([NEW]), cursor), (Cursors([OLD]), fresh)):
        with pytest.raises(InvalidToken):
            cursors.open(stale, "list", {}, ANN)


def test_a_string_sealed_for_another_purpose_is_refused() -> None:
    sealed = TokenSealer([OLD], "confirmation").seal(b"[7]", b"")
    with pytest.raises(InvalidToken):
        TokenSealer([OLD], "cursor").open(sealed, b"")


async def pages(tool: str, arguments: dict[str, Any], **settings: Any) -> list[int]:
    """Every number that a paged tool gives, through the official client."""
    seen: list[int] = []
    service = general_app(**settings)
    name = "after" if tool == "list_books" else "cursor"
    async with service.running(), connect(service, ANN) as client:
        while True:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            page = result.structured_content
            assert page is not None
            seen += [book["number"] for book in page["items"]]
            if "next_cursor" not in page:
                return seen
            arguments = {**arguments, name: page["next_cursor"]}


@pytest.mark.parametrize("tool", ["list_books", "list_titles"])
@pytest.mark.parametrize("filters", [{}, {"prefix": "acme volume 1"}])
async def test_a_cursor_parameter_may_have_any_name(tool: str, filters: dict[str, Any]) -> None:
    numbers = [number for number in range(1, 121) if not filters or str(number).startswith("1")]
    assert await pages(tool, filters) == numbers


async def test_the_filter_must_stay_the_same_between_pages() -> None:
    service = general_app()
    async with service.running(), connect(service, ANN) as client:
        first = await client.call_tool("list_books", {"limit": 3})
        assert first.structured_content is not None
        cursor = first.structured_content["next_cursor"]
        second = await client.call_tool("list_books", {"limit": 1, "fields": ["number"], "after": cursor})
        assert second.structured_content is not None
        assert second.structured_content["items"] == [{"number": 4}]
        refused = await client.call_tool("list_books", {"prefix": "acme", "after": cursor})
        assert refused.is_error
        assert "after: not a cursor of this tool with these arguments" in refused.content[0].text
    async with service.running(), connect(service, caller(READ, tenant="globex")) as client:
        assert (await client.call_tool("list_books", {"after": cursor})).is_error


async def test_replicas_with_the_same_keys_share_cursors() -> None:
    cursors = []
    for settings in ({}, {}, {"state_keys": ""}):
        service = general_app(**settings)
        async with service.running(), connect(service, ANN) as client:
            results = [await client.call_tool("list_books", {"after": cursor}) for cursor in cursors]
            cursors.append((await client.call_tool("list_books", {})).structured_content["next_cursor"])
        if settings:
            assert [result.is_error for result in results] == [True, True]
        else:
            assert not any(result.is_error for result in results)


def test_a_long_sort_key_still_gives_a_cursor_that_comes_back() -> None:
    from servicekit.schema.arguments import Arguments

    async def listing(cursor: CursorKey | None = None) -> None:
        """List."""

    cursor = Cursors([OLD]).seal(("é" * 900, 7), "list", {}, ANN)
    assert Arguments(listing).parse({"cursor": cursor})[0] == {"cursor": cursor}
