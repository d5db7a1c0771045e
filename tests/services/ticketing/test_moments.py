"""Days and times in the words of a caller."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ticketing_mcp.models.moments import MOMENT_PATTERN, first_moment, spelled_moment


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2 hours ago", "-2h"), ("last 7 days", "-7d"), ("-2h", "-2h"), ("an hour ago", "-1h"), ("a week ago", "-1w"),
        ("in 2 hours", "+2h"), ("next 3 days", "+3d"), ("+2h", "+2h"), ("2h", "2h"), ("7 days", "7d"), ("now", "0m"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ahead", [-1, 1])
def test_distances_keep_their_direction(said: str, read: str, ahead: int) -> None:
    assert spelled_moment(said) == read
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    distance = first_moment(read, ZoneInfo("UTC"), now, ahead) - now
    direction = {"+": 1, "-": -1}.get(read[0], ahead)
    assert distance * direction >= timedelta()


def test_distance_in_both_directions_is_no_time() -> None:
    assert re.fullmatch(MOMENT_PATTERN, spelled_moment("in 2 hours ago")) is None
