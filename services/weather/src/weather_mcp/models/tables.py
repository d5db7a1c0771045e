"""Series as CSV (RFC 4180), for spreadsheets."""

import csv
import io
from typing import TypeVar

from servicekit.schema import Record
from weather_mcp.models.readings import Series, attribution_of
from weather_mcp.models.units import Units

Measurement = TypeVar("Measurement", bound=Record)


def as_csv(series: Series[Measurement], units: Units) -> str:
    """A metric series of at least one row in the chosen units; an unknown value is an empty cell."""
    origin = series.origin
    fetched = f"{origin.fetched_at.isoformat(timespec='seconds')}{' (stale)' if origin.stale else ''}"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*units.headings(type(series.rows[0])), "attribution", "fetched_at"])
    for row in series.rows:
        values = units.shown(row).model_dump(mode="json").values()
        writer.writerow([*values, attribution_of(origin.source), fetched])
    return text.getvalue()
