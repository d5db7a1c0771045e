"""Parses the members of an ensemble."""

from collections.abc import Mapping

from weather_mcp.adapters.wire import ApiResponse, number_in
from weather_mcp.models.agreement import Members


def members_in(response: ApiResponse, columns: Mapping[str, str]) -> list[Members]:
    """The hours of an ensemble that are known for all members."""
    times, clock = response.hourly["time"] or [], response.clock
    by_field = {
        field: [*zip(*_member_columns(response, variable, len(times)), strict=True)]
        for field, variable in columns.items()
    }
    rows = []
    for position, time in enumerate(times):
        values = {field: hours[position] for field, hours in by_field.items()}
        if all(value is not None for field in values.values() for value in field):
            known = {field: [value for value in row if value is not None] for field, row in values.items()}
            rows.append(Members(clock.moment(time), **known))
    return rows


def _member_columns(response: ApiResponse, variable: str, length: int) -> list[list[float | None]]:
    """The members of a variable that have any values."""
    columns = [
        [number_in(value) for value in column]
        for name, column in response.hourly.items()
        if name.partition("_member")[0] == variable and column is not None and len(column) == length
    ]
    known = [column for column in columns if any(value is not None for value in column)]
    if len(known) < 2:  # agreement needs two members
        raise ValueError(variable)
    return known
