"""Results: cut between records, never inside one; every record comes once; lists and text say that they were cut."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from servicekit.core.errors import Refused
from servicekit.pipeline.call import call
from servicekit.pipeline.request import RequestInfo
from servicekit.registry.tools import read
from servicekit.schema.pagination import CursorKey, Limit, Page
from servicekit.schema.results import OutputSchema
from servicekit.testing.service import caller
from tests.servicekit.apps.pipeline_parts import boundary


class Entry(BaseModel):
    number: int
    text: str = ""


class Report(BaseModel):
    name: str
    item: list[Entry] = []
    items: list[Entry] = []


def tool(sizes: list[int], budget: int) -> Any:
    async def list_entries(limit: Limit = 10, cursor: CursorKey | None = None) -> Page[Entry]:
        """List entries."""
        start = cursor[0] + 1 if cursor else 0
        rows = [Entry(number=number, text="x" * sizes[number]) for number in range(start, len(sizes))]
        return Page(rows[: limit + 1], limit, key=lambda entry: (entry.number,))

    return read(list_entries, scope="a:read", budget=budget)


@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 50), st.integers(340, 3000))
async def test_every_record_comes_exactly_once(sizes: list[int], limit: int, budget: int) -> None:
    operation, parts = tool(sizes, budget), boundary()
    seen: list[int] = []
    arguments: dict[str, Any] = {"limit": limit}
    for _ in range(len(sizes) + 1):
        reply = await call(parts, operation, arguments, caller("a:read"), RequestInfo("r"))
        assert reply.outcome == "ok", reply.text
        assert reply.structured is not None
        seen += [entry["number"] for entry in reply.structured["items"]]
        records = (
            len(reply.text) - len(reply.structured.get("next_cursor", "")) - len(reply.structured.get("notice", ""))
        )
        assert records <= budget + 60
        if "next_cursor" not in reply.structured:
            break
        arguments["cursor"] = reply.structured["next_cursor"]
    assert seen == list(range(len(sizes)))


async def test_a_cut_page_says_so_and_a_whole_one_does_not() -> None:
    reply = await call(boundary(), tool([200] * 9, 1000), {}, caller("a:read"), RequestInfo("r"))
    assert reply.structured is not None
    assert reply.structured["notice"].startswith("Cut after 4 records at the limit of 1000 bytes")
    whole = await call(boundary(), tool([200] * 4, 1000), {}, caller("a:read"), RequestInfo("r"))
    assert whole.structured is not None
    assert whole.structured.keys() == {"items"}


async def test_a_record_above_the_budget_is_refused() -> None:
    operation = tool([5000], 1000)
    reply = await call(boundary(), operation, {}, caller("a:read"), RequestInfo("r"))
    assert (reply.outcome, "fields" in reply.text) == ("refused", True)
    fewer = await call(boundary(), operation, {"fields": ["number"]}, caller("a:read"), RequestInfo("r"))
    assert fewer.structured == {"items": [{"number": 0}]}


async def test_fields_choose_and_unknown_fields_are_refused() -> None:
    operation = tool([1, 2], 1000)
    reply = await call(boundary(), operation, {"fields": ["text"]}, caller("a:read"), RequestInfo("r"))
    assert reply.structured == {"items": [{"text": "x"}, {"text": "xx"}]}
    for wrong in (["colour"], "colour", 5):
        bad = await call(boundary(), operation, {"fields": wrong}, caller("a:read"), RequestInfo("r"))
        assert (bad.outcome, "fields" in bad.text) == ("invalid_arguments", True)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(150, 2000))
def test_lists_are_cut_until_the_whole_fits(few: int, many: int, budget: int) -> None:
    report = Report(
        name="r",
        item=[Entry(number=n) for n in range(few)],
        items=[Entry(number=n, text="y" * 20) for n in range(many)],
    )
    rendered = OutputSchema(Report, budget).render(report)
    assert rendered.structured is not None
    assert len(rendered.text.encode()) <= budget
    for name, total in (("item", few), ("items", many)):
        kept = [entry["number"] for entry in rendered.structured[name]]
        assert kept == list(range(len(kept)))
        told = any(f"{name} has {total} records" in notice for notice in rendered.notices)
        assert told == (len(kept) < total) == (told and rendered.cut)


def test_a_record_without_lists_that_is_too_large_is_refused() -> None:
    with pytest.raises(Refused, match="size limit of a result"):
        OutputSchema(Report, 100).render(Report(name="x" * 200))


@given(st.text(st.characters(codec="utf-8"), max_size=400), st.integers(10, 300))
def test_text_is_cut_at_a_character_and_says_so(text: str, budget: int) -> None:
    rendered = OutputSchema(str, budget).render(text)
    assert len(rendered.text.encode()) <= budget
    assert text.startswith(rendered.text)
    assert rendered.cut == (len(text.encode()) > budget) == bool(rendered.notices)


def test_text_is_cut_at_a_line_where_there_is_one() -> None:
    assert OutputSchema(str, 10).render("one\ntwo\nthree four").text == "one\ntwo"
