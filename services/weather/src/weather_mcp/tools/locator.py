"""Resolves location arguments to places."""

from weather_mcp.models.locations import Place, at_coordinates, coordinates_in, in_region, name_and_region, pick_place
from weather_mcp.ports import Gazetteer, Saved


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
        saved = await self._saved.get(location)
        if saved is not None:
            return saved
        return pick_place(await self.candidates(location), name_and_region(location)[0])

    async def candidates(self, location: str) -> list[Place]:
        """All matching places, most likely first."""
        if (spot := coordinates_in(location)) is not None:
            return [at_coordinates(spot)]
        name, region = name_and_region(location)
        return in_region(await self._gazetteer.search(name), region)
