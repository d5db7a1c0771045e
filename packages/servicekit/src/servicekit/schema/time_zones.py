"""Time zones in arguments: the names of the IANA database, and the spellings in which one is accepted."""

from functools import cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from servicekit.schema.argument_types import Identifier
from servicekit.schema.unknown_values import unknown_value

_NO_ZONES: Final = frozenset({"Factory", "localtime", "posixrules"})
"""Files beside the zones: of the machine that the server runs on, or of none."""


def known_time_zone(text: str) -> str:
    """The IANA name in any case, with spaces for underscores; any other text unchanged."""
    return _zones().get(text.lower().replace(" ", "_"), text)


TimeZone = Annotated[
    str,
    Identifier(
        "a time zone of the IANA database such as Europe/Berlin",
        "Europe/Berlin",
        pattern=r"[A-Za-z][A-Za-z0-9_+/-]{0,63}",
        normalise=known_time_zone,
    ),
]


def time_zone(name: TimeZone) -> ZoneInfo:
    """The time zone of this name.

    Raises:
        Refused: the IANA database has no such name; the text names the nearest ones.
    """
    known = known_time_zone(name)
    if known not in available_time_zones():
        names = sorted(available_time_zones())
        raise unknown_value("time_zone", "time zone", known, names, "Send an IANA name such as Europe/Berlin.")
    return ZoneInfo(known)


def available_time_zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(_zones().values())


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - _NO_ZONES}
