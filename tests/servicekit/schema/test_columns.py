"""Tables instead of repeated names, selected fields, fields on request, and moments to the second."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from servicekit.core.errors import Refused
from servicekit.schema import Columns, OnRequest, Page, Record, Untrusted
from servicekit.schema.results import OutputSchema


class Hour(Record):
    at: datetime
    wind: float | None = None
    note: Annotated[str, Untrusted("customer")] | None = None


class Day(Record):
    place: str
    hours: Annotated[list[Hour], Columns()]
    past: Annotated[list[Hour], Columns()] | None = None
    notice: str | None = None


class Ticket(Record):
    id: str
    title: Annotated[str, Untrusted("customer")]
    secret: Annotated[str, OnRequest()] = "s" * 36


class Week(Record):
    days: list[Day]


DAY = OutputSchema(Day, selectable=True)
NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
HOURS = st.lists(
    st.builds(
        Hour,
        at=st.datetimes(timezones=st.just(UTC)),
        wind=st.none() | st.floats(0, 200),
        note=st.none() | st.text(max_size=5),
    ),
    max_size=4,
)


def rows_of(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


@given(HOURS)
def test_a_table_holds_the_values_of_its_records(hours: list[Hour]) -> None:
    shown = DAY.render(Day(place="Oslo", hours=hours)).structured
    assert shown is not None
    Draft202012Validator(DAY.schema or {}).validate(shown)
    plain = OutputSchema(Page[Hour]).render(Page(hours, 4, key=lambda hour: (str(hour.at),))).structured
    assert plain is not None
    found = [{name: value for name, value in row.items() if value is not None} for row in rows_of(shown["hours"])]
    assert found == plain["items"]
    assert all(any(row[name] is not None for row in rows_of(shown["hours"])) for name in shown["hours"]["columns"])


def test_paths_of_untrusted_text_name_the_rows() -> None:
    assert set(DAY.untrusted) == {"hours.rows[].note", "past.rows[].note"}
    assert set(OutputSchema(Week).untrusted) == {"days[].hours.rows[].note", "days[].past.rows[].note"}
    assert OutputSchema(Annotated[Page[Ticket], Columns()]).untrusted == ("rows[].title",)


def test_fields_select_members_and_columns() -> None:
    day = Day(place="Oslo", hours=[Hour(at=NOON, wind=3), Hour(at=NOON)], past=[], notice="Half a day.")
    whole = DAY.render(day).structured
    assert whole is not None
    assert DAY.render(day, ["place"]).structured == {"place": "Oslo", "notice": "Half a day."}
    assert DAY.render(day, ["hours"]).structured == {"hours": whole["hours"], "notice": "Half a day."}
    chosen = DAY.render(day, ["wind"]).structured
    assert chosen == {
        "hours": {"columns": ["wind"], "rows": [[3.0], [None]]},
        "past": {"columns": [], "rows": []},
        "notice": "Half a day.",
    }
    Draft202012Validator(DAY.schema or {}).validate(chosen)


def test_a_page_of_columns_has_its_cursor_beside_the_rows() -> None:
    shape = OutputSchema(Annotated[Page[Ticket], Columns()])
    page = Page([Ticket(id=str(number), title="t") for number in range(3)], 2, key=lambda ticket: (ticket.id,))
    result = shape.render(page)
    assert result.structured == {
        "columns": ["id", "title"],
        "rows": [[str(number), '<user_content source="customer">t</user_content>'] for number in range(2)],
    }
    assert result.next_key == ("1",)
    Draft202012Validator(shape.schema or {}).validate(result.structured)


def test_fields_on_request_are_sent_when_named() -> None:
    shape = OutputSchema(Page[Ticket])
    page = Page([Ticket(id="1", title="t")], 1, key=lambda ticket: (ticket.id,))
    assert shape.on_request == {"secret"}
    assert (shape.render(page).structured or {})["items"] == [
        {"id": "1", "title": '<user_content source="customer">t</user_content>'}
    ]
    assert (shape.render(page, ["id", "secret"]).structured or {})["items"] == [{"id": "1", "secret": "s" * 36}]


def test_a_long_table_is_cut_with_a_notice() -> None:
    day = Day(place="Oslo", hours=[Hour(at=NOON, wind=number) for number in range(100)])
    result = OutputSchema(Day, budget=1000).render(day)
    assert result.cut
    assert len(result.text) <= 1000
    assert 10 < len((result.structured or {})["hours"]["rows"]) < 100
    assert result.notices == ["Cut: hours has 100 records; the last ones are missing."]


def test_a_page_of_columns_refuses_one_record_beyond_its_budget() -> None:
    page = Page([Ticket(id="1", title="t" * 900)], 1, key=lambda ticket: (ticket.id,))
    with pytest.raises(Refused, match="first record alone"):
        OutputSchema(Annotated[Page[Ticket], Columns()], budget=500).render(page)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2026-01-31T12:00:00Z"),
        (NOON.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026-01-31T17:30:00+05:30"),
        (NOON.replace(tzinfo=None), "2026-01-31T12:00:00"),
    ],
)
def test_moments_are_shown_to_the_second(moment: datetime, text: str) -> None:
    assert (OutputSchema(Hour).render(Hour(at=moment)).structured or {})["at"] == text
    assert Hour(at=moment).at == moment, "Python keeps the fraction"


def test_columns_annotate_lists_of_models() -> None:
    with pytest.raises(TypeError, match="Columns annotates a list of a model"):

        class _Wrong(BaseModel):
            numbers: Annotated[list[int], Columns()]

    with pytest.raises(TypeError, match="a record of a page has no tables"):
        OutputSchema(Page[Day])
