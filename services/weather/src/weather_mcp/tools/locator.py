"""Resolves location arguments to places."""

from typing import Final

from servicekit.core import Refused, Unavailable
from servicekit.schema import unknown_value
from weather_mcp.models.locations import (
    Place,
    PlaceByName,
    at_coordinates,
    coordinates_in,
    in_region,
    name_and_region,
    pick_place,
)
from weather_mcp.ports import Gazetteer, Saved

_FIRST_LETTERS: Final = 4
_FOUND_BY: Final = "Check the spelling, try a larger place nearby, or give latitude,longitude such as 38.72,-9.14."


class Locator:
    """Finds places by coordinates, saved label or name."""

    def __init__(self, gazetteer: Gazetteer, saved: Saved) -> None:
        self._gazetteer = gazetteer
        self._saved = saved

    async def place(self, location: str) -> Place:
        """The place of a location argument.

        Raises:
            Refused: unknown or ambiguous; the text gives the next step.
        """
        if (spot := coordinates_in(location)) is not None:
            return at_coordinates(spot)
        try:
            saved = await self._saved.get(location)
        except Unavailable:
            return PlaceByName.model_validate((await self._by_name(location)).model_dump())
        return saved if saved is not None else await self._by_name(location)

    async def candidates(self, location: str) -> list[Place]:
        """All matching places, most likely first.

        Raises:
            Refused: unknown; the text gives near names.
        """
        if (spot := coordinates_in(location)) is not None:
            return [at_coordinates(spot)]
        name, region = name_and_region(location)
        places = await self._gazetteer.search(name)
        if not places:
            raise unknown_value("location", "place", name, await self._near(name), _FOUND_BY, only_similar=True)
        return in_region(places, region)

    async def _by_name(self, location: str) -> Place:
        return pick_place(await self.candidates(location), name_and_region(location)[0])

    async def _near(self, name: str) -> dict[str, str]:
        """The caller's labels, and places that begin with the same letters."""
        try:
            known = {one.label: one.label for one in (await self._saved.all()).saved}
        except (Refused, Unavailable):
            known = {}
        return known | {place.title: place.name for place in await self._gazetteer.search(name[:_FIRST_LETTERS])}
