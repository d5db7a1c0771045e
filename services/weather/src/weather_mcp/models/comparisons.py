"""Places side by side."""

from servicekit.record import Record
from weather_mcp.models.forecasts import Outlook


class PlaceComparison(Record):
    """Forecasts of several places for the same days, and which stand out."""

    source: str
    attribution: str
    outlooks: list[Outlook]
    warmest: str
    driest: str
    calmest: str
