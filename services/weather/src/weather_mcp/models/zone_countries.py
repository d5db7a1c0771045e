"""The country of a place, where only its time zone is known."""

from functools import cache
from importlib.resources import files


def country_of_zone(zone: str) -> str | None:
    """The ISO code of the country of an IANA zone; None for one of several countries or none."""
    return _countries().get(zone)


@cache
def _countries() -> dict[str, str]:
    """Zones by the IANA database's own table: country, coordinates, zone."""
    text = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {row[2]: row[0] for row in rows}
