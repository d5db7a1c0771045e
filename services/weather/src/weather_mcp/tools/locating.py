"""From what somebody wrote to a place."""

from weather_mcp.models.locations import Place, at_coordinates, chosen, coordinates_in, name_and_region, narrowed
from weather_mcp.ports import Gazetteer, Saved


class Locator:
    """Finds places: by coordinates, by a caller's own label, by name."""

    def __init__(self, gazetteer: Gazetteer, saved: Saved) -> None:
        self._gazetteer = gazetteer
        self._saved = saved

    async def place(self, location: str) -> Place:
        """The one place that is meant.

        Raises:
            Refused: nobody can tell which; the text says how to go on.
        """
        if (spot := coordinates_in(location)) is not None:
            return at_coordinates(spot)
        saved = await self._saved.get(location)
        if saved is not None:
            return saved
        return chosen(await self.candidates(location), name_and_region(location)[0])

    async def candidates(self, location: str) -> list[Place]:
        """Every place that may be meant, the most likely first."""
        if (spot := coordinates_in(location)) is not None:
            return [at_coordinates(spot)]
        name, region = name_and_region(location)
        return narrowed(await self._gazetteer.search(name), region)
