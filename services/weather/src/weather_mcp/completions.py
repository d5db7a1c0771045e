"""Completions of arguments that are places."""

from servicekit.core import Refused, Unavailable
from weather_mcp.ports import Gazetteer, Saved

_SHORTEST = 2  # letters for a gazetteer search
_SUGGESTIONS = 20


class WeatherCompletions:
    """Completions of `location` and similar arguments."""

    def __init__(self, gazetteer: Gazetteer, saved: Saved) -> None:
        self._gazetteer = gazetteer
        self._saved = saved

    async def place(self, prefix: str) -> list[str]:
        """The caller's saved labels, then places, that begin with the prefix."""
        typed = " ".join(prefix.casefold().split())
        own = [label for label in await self._labels() if label.startswith(typed)]
        if len(typed) < _SHORTEST or not typed.replace(" ", "").replace("-", "").isalnum():
            return own
        found = await self._gazetteer.search(typed)
        return list(dict.fromkeys([*own, *(entry.place.title for entry in found)]))[:_SUGGESTIONS]

    async def _labels(self) -> list[str]:
        """The saved labels; empty without a store and during its outage, so that places are still suggested."""
        try:
            return [saved.label for saved in (await self._saved.all()).saved]
        except (Refused, Unavailable):
            return []
