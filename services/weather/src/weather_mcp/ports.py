"""What this service needs from outside. Temperatures in °C, days and hours local to the place."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from weather_mcp.models.agreement import Members
from weather_mcp.models.elements import Air, Flow, Sea
from weather_mcp.models.forecasts import Day, Hour
from weather_mcp.models.locations import Place, SavedPlace, Spot
from weather_mcp.models.readings import Series
from weather_mcp.models.status import ApiState, QuotaLeft


class Gazetteer(Protocol):
    """Names of places."""

    async def search(self, name: str) -> Sequence[Place]:
        """Places of that name, or whose names begin so; the most likely first."""
        ...


class FindPlace(Protocol):
    """From what somebody wrote to the one place that is meant."""

    async def __call__(self, location: str) -> Place:
        """The place.

        Raises:
            Refused: nobody can tell which.
        """
        ...


class Forecasts(Protocol):
    """What is, and what is expected."""

    async def current(self, spot: Spot) -> Series[Hour]:
        """One row: the latest reading."""
        ...

    async def daily(self, spot: Spot, days: int) -> Series[Day]:
        """From today."""
        ...

    async def hourly(self, spot: Spot, days: int) -> Series[Hour]:
        """From the first hour of today."""
        ...

    async def today(self, spot: Spot) -> Series[Day]:
        """One row: the day that it is there."""
        ...

    async def around_today(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Days within three months past and two weeks ahead, both ends included, as they were forecast last."""
        ...

    async def ensemble(self, spot: Spot, days: int) -> Series[Members]:
        """Every member of an ensemble, from today."""
        ...


class Archive(Protocol):
    """What was, and what climate models expect."""

    async def days(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Past days, both ends included, from 1940 to about five days ago."""
        ...

    async def projected(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Days until 2050 as a climate model has them: right in their average only."""
        ...


class Elements(Protocol):
    """Air, sea and rivers: the present hour first, then those ahead."""

    async def air(self, spot: Spot) -> Series[Air]:
        """Five days."""
        ...

    async def sea(self, spot: Spot) -> Series[Sea]:
        """Seven days; every value is None on land."""
        ...

    async def river(self, spot: Spot) -> Series[Flow]:
        """Three months back and three weeks ahead."""
        ...


class Saved(Protocol):
    """Places that the caller saved. Nobody sees another's."""

    async def all(self) -> Sequence[SavedPlace]:
        """By label."""
        ...

    async def get(self, label: str) -> Place | None:
        """The place of a label; None where there is none, or where what is saved cannot be read at the moment."""
        ...

    async def save(self, label: str, place: Place) -> None:
        """Put a place under a label, over what was there.

        Raises:
            Refused: the caller has as many as one may have.
        """
        ...

    async def forget(self, label: str) -> bool:
        """Whether there was something to forget."""
        ...


class Charts(Protocol):
    """Draws."""

    @property
    def available(self) -> bool:
        """Whether it is installed."""
        ...

    async def draw(self, title: str, hours: Sequence[Hour], unit: str, source: str) -> bytes:
        """A PNG of temperature, wind and precipitation by the hour."""
        ...


class Source(Protocol):
    """The state of what all of this comes from."""

    def apis(self) -> Sequence[ApiState]:
        """Each of its APIs, as it was found last; nothing is asked for this."""
        ...

    async def quota(self) -> Sequence[QuotaLeft]:
        """What may still be asked."""
        ...
