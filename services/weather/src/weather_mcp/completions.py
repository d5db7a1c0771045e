"""Suggestions while somebody types an argument."""

from servicekit.core import Unavailable
from weather_mcp.ports import Gazetteer, Saved

_SHORTEST = 2  # letters from which a gazetteer is asked
_SUGGESTIONS = 20


class WeatherCompletions:
    """Completions."""

    def __init__(self, gazetteer: Gazetteer, saved: Saved) -> None:
        self._gazetteer = gazetteer
        self._saved = saved

    async def place(self, prefix: str) -> list[str]:
        """What the caller saved, then places whose names begin with what was typed."""
        typed = " ".join(prefix.casefold().split())
        own = [label for label in await self._labels() if label.startswith(typed)]
        if len(typed) < _SHORTEST or not typed.replace(" ", "").replace("-", "").isalnum():
            return own
        found = await self._gazetteer.search(typed)
        return list(dict.fromkeys([*own, *(place.title for place in found)]))[:_SUGGESTIONS]

    async def _labels(self) -> list[str]:
        """None while the store is away: places can be suggested without it."""
        try:
            return [saved.label for saved in await self._saved.all()]
        except Unavailable:
            return []
