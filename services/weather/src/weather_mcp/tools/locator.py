"""Resolves location arguments to places."""

from typing import Final

from servicekit.core import Refused, Unavailable
from servicekit.schema import nearest, unknown_value
from weather_mcp.models.gazetteer import Entry
from weather_mcp.models.locations import Place, at_coordinates, choices, coordinates_in, remarked
from weather_mcp.ports import Gazetteer, Saved
from weather_mcp.tools.search import Found, PlaceSearch

_FOUND_BY: Final = "Check the spelling, try a larger place nearby, or give latitude,longitude such as 38.72,-9.14."
_STORE_IS_DOWN: Final = (
    "Your saved places cannot be read at the moment, so the location was looked up as the name of a place. If it is a "
    "label of yours, try again in a few seconds."
)


class Locator:
    """Finds places by coordinates, saved label, name or postal code."""

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
            return remarked((await self._found(location)).place, _STORE_IS_DOWN)
        return saved if saved is not None else (await self._found(location)).place

    async def candidates(self, location: str) -> tuple[list[Place], list[Place]]:
        """The places that a location may mean, largest first, and those whose longer name begins with it.

        Raises:
            Refused: unknown; the text gives near names.
        """
        if (spot := coordinates_in(location)) is not None:
            return [at_coordinates(spot)], []
        try:
            saved, remark = await self._saved.get(location), None
        except Unavailable:
            saved, remark = None, _STORE_IS_DOWN
        if saved is not None:
            return [saved], []
        found = await self._found(location)
        places = sorted((entry.place for entry in found.entries), key=lambda place: -(place.population or 0))
        return [remarked(place, remark, found.remark) for place in places], [entry.place for entry in found.others]

    async def _found(self, location: str) -> Found:
        search = PlaceSearch(self._gazetteer, location)
        if (found := await search.found()) is not None:
            return found
        name = location.partition(",")[0].strip()
        near = await self._did_you_mean(name, await search.near())
        if search.elsewhere and near is None:
            raise Refused(
                "No place of that name is known in that region or country. To use one of these, call again with its "
                f"coordinates as location: {choices([entry.place for entry in search.elsewhere])}."
            )
        raise unknown_value("location", "place", name, (), f"{near} {_FOUND_BY}" if near else _FOUND_BY)

    async def _did_you_mean(self, name: str, near: list[Entry]) -> str | None:
        """Up to three labels of the caller and places with similar names; None without any."""
        try:
            labels = [one.label for one in (await self._saved.all()).saved]
        except (Refused, Unavailable):
            labels = []
        by_size = sorted(near, key=lambda entry: -(entry.place.population or 0))
        places: dict[str, Place] = {}
        for entry in by_size:
            places.setdefault(entry.place.name, entry.place)
        similar = nearest(name, [*labels, *places], only_similar=True)[:3]
        if not similar:
            return None
        shown = "; ".join(choices([places[one]]) if one not in labels else f'"{one}", a saved place' for one in similar)
        return f"Did you mean {shown}? Ask the user, then call again with what is in quotes as location."
