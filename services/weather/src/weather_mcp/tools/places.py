"""Places: found by name, and kept under names of one's own."""

from servicekit.core import Refused
from weather_mcp.models.locations import Forgotten, Label, Location, PlaceChoices, SavedPlace, SavedPlaces
from weather_mcp.ports import Saved
from weather_mcp.tools.locating import Locator

_SHOWN = 10


class PlaceTools:
    """One method is one tool; its docstring is what the model reads."""

    def __init__(self, locator: Locator, saved: Saved) -> None:
        self._locator = locator
        self._saved = saved

    async def search_location(self, location: Location) -> PlaceChoices:
        """Find places by name, with region, country, coordinates, population and time zone.

        Other tools take a name themselves; use this to show a choice, or when they say that several places fit.
        """
        places = await self._locator.candidates(location)
        if not places:
            raise Refused("No place of that name is known. Check the spelling, or give latitude,longitude.")
        return PlaceChoices(places=places[:_SHOWN])

    async def save_location(self, label: Label, location: Location) -> SavedPlace:
        """Keep a place under a word of the caller's own, such as home; every tool then takes that word as location.

        A label that is there already gets the new place. Nobody else sees it.
        """
        place = await self._locator.place(location)
        await self._saved.save(label, place)
        return SavedPlace(label=label, place=place)

    async def list_saved_locations(self) -> SavedPlaces:
        """Everything that the caller saved with save_location."""
        return SavedPlaces(saved=list(await self._saved.all()))

    async def forget_location(self, label: Label) -> Forgotten:
        """Remove a place that was saved; save_location brings it back."""
        if not await self._saved.forget(label):
            raise Refused("Nothing is saved under that label. See list_saved_locations.")
        return Forgotten(label=label)
