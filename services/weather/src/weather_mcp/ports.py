"""Ports of the service. Values are metric, as `weather_mcp.models.units` shows them; days and hours are local."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from weather_mcp.models.agreement import Members
from weather_mcp.models.charts import Chart
from weather_mcp.models.elements import Air, Flow, Sea
from weather_mcp.models.forecasts import Day, Hour
from weather_mcp.models.gazetteer import Entry
from weather_mcp.models.locations import Place, SavedPlaces, Spot
from weather_mcp.models.rain import Quarter
from weather_mcp.models.readings import Series
from weather_mcp.models.status import ApiState, QuotaLeft
from weather_mcp.models.units import Units
from weather_mcp.models.warnings import WarningsThere


class Gazetteer(Protocol):
    """Searches places by name and postal code."""

    async def search(self, name: str, *, language: str = "en", country: str | None = None) -> Sequence[Entry]:
        """Places whose name, local or in `language`, or postal code begins with `name`, most likely first."""
        ...


class FindPlace(Protocol):
    """Resolves a location argument to one place."""

    async def __call__(self, location: str) -> Place:
        """Resolve a location. Refuses an unknown or ambiguous one."""
        ...


class ChooseUnits(Protocol):
    """The units of a call."""

    async def __call__(self, text: str | None) -> Units:
        """The units that an argument names, else the caller's saved ones, else metric ones."""
        ...


class Forecasts(Protocol):
    """Current weather and forecasts."""

    async def current(self, spot: Spot) -> Series[Hour]:
        """One row: the latest weather."""
        ...

    async def daily(self, spot: Spot, days: int) -> Series[Day]:
        """Days from today."""
        ...

    async def hourly(self, spot: Spot, days: int) -> Series[Hour]:
        """Hours from the first one of today."""
        ...

    async def today(self, spot: Spot) -> Series[Day]:
        """One row: today, in the zone of the place."""
        ...

    async def around_today(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Days from `first` to `last`, at most three months back and two weeks ahead, by their latest forecast."""
        ...

    async def ensemble(self, spot: Spot, days: int) -> Series[Members]:
        """All members of an ensemble, hourly from today; at most ten days."""
        ...

    async def quarters(self, spot: Spot) -> Series[Quarter]:
        """Quarters of an hour, from before the current one to more than two hours ahead."""
        ...


class Archive(Protocol):
    """Past weather and climate projections."""

    async def days(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Past days from `first` to `last`, between 1940 and about five days ago."""
        ...

    async def period(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """The same days with only low, mean and precipitation, at less than half the quota."""
        ...

    async def projected(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Days until 2050 from a climate model; only averages over many days are meaningful."""
        ...


class Elements(Protocol):
    """Air, sea and rivers, from the current hour."""

    async def air(self, spot: Spot) -> Series[Air]:
        """Hours of the next four days."""
        ...

    async def sea(self, spot: Spot) -> Series[Sea]:
        """Hours of seven days; all values are None on land."""
        ...

    async def river(self, spot: Spot) -> Series[Flow]:
        """Days from three months ago to three weeks ahead."""
        ...


class Warnings(Protocol):
    """Official warnings of weather services."""

    async def at(self, place: Place, zone: str) -> WarningsThere:
        """The warnings in force at a place in a time zone; what could not be read is missing."""
        ...


class Saved(Protocol):
    """The caller's saved places, visible only to that caller."""

    async def all(self) -> SavedPlaces:
        """All, sorted by label; those that cannot be read are said to be missing.

        Raises:
            Refused: the server has no store for saved places.
            Unavailable: the store does not answer.
        """
        ...

    async def get(self, label: str) -> Place | None:
        """The place of a label; None if there is none.

        Raises:
            Refused: the saved place cannot be read.
            Unavailable: the store does not answer.
        """
        ...

    async def save(self, label: str, place: Place) -> None:
        """Save a place under a label, replacing an existing one.

        Raises:
            Refused: the caller has reached the maximum number of places.
        """
        ...

    async def forget(self, label: str) -> bool:
        """Remove a label. Returns whether it existed."""
        ...


class SavedUnits(Protocol):
    """The caller's saved units, visible only to that caller. `Unavailable` if the store does not answer."""

    async def get(self) -> Units | None:
        """The saved units; None if there are none."""
        ...

    async def save(self, units: Units) -> None:
        """Save the units, replacing earlier ones. `Refused` if the server has no store."""
        ...


class Charts(Protocol):
    """Draws charts."""

    @property
    def available(self) -> bool:
        """Whether the charts extra is installed."""
        ...

    async def draw(self, chart: Chart, source: str) -> bytes:
        """A PNG, with `source` as caption."""
        ...


class Source(Protocol):
    """The state of the data source."""

    def apis(self) -> Sequence[ApiState]:
        """The last known state of each API, without a request."""
        ...

    async def quota(self) -> Sequence[QuotaLeft]:
        """The remaining quota."""
        ...
