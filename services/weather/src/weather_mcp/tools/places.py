"""Tools for finding and saving places."""

from servicekit.core import Refused
from servicekit.schema import cut_notice, unknown_value
from weather_mcp.models.identifiers import Label, Location
from weather_mcp.models.locations import Forgotten, PlaceChoices, SavedPlace, SavedPlaces
from weather_mcp.ports import Saved
from weather_mcp.tools.locator import Locator

_SHOWN = 10


class PlaceTools:
    def __init__(self, locator: Locator, saved: Saved) -> None:
        self._locator = locator
        self._saved = saved

    async def search_location(self, location: Location) -> PlaceChoices:
        """Where a place is, or which of several with the same name the user means: a choice with region, country,
        coordinates and time zone. Other tools take names directly."""
        namesakes, longer = await self._locator.candidates(location)
        places = [*namesakes, *longer]
        narrower = "Add the region or country to the name, for example Springfield, Oregon."
        cut = cut_notice(_SHOWN, len(places), "places", narrower) if len(places) > _SHOWN else None
        notice = " ".join(filter(None, (places[0].notice, cut))) or None
        return PlaceChoices(places=places[:_SHOWN], notice=notice)

    async def save_location(self, label: Label, location: Location) -> SavedPlace:
        """Remember (save, store, add) a place under a label such as home, which every tool then accepts. An existing
        label is overwritten."""
        place = await self._locator.place(location)
        try:
            before = await self._saved.get(label)
        except Refused:  # written by another version, and overwritten now
            before = None
        await self._saved.save(label, place)
        replaced = f"It replaces {before.title} under this label. " if before is not None else ""
        notice = f"{replaced}As location, the label now goes before any place of that name."
        return SavedPlace(label=label, place=place, notice=notice)

    async def list_saved_locations(self) -> SavedPlaces:
        """The user's saved places (favourites): what each is called, and where it is."""
        return await self._saved.all()

    async def forget_location(self, label: Label) -> Forgotten:
        """Forget (delete, remove, drop) one of the user's saved places."""
        if not await self._saved.forget(label):
            labels = [one.label for one in (await self._saved.all()).saved]
            raise unknown_value("label", "saved place", label, labels, "list_saved_locations lists them.")
        return Forgotten(label=label)
