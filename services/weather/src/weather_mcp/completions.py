"""Suggestions while somebody types an argument."""

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
        own = [saved.label for saved in await self._saved.all() if saved.label.startswith(typed)]
        if len(typed) < _SHORTEST or not typed.replace(" ", "").replace("-", "").isalnum():
            return own
        found = await self._gazetteer.search(typed)
        return list(dict.fromkeys([*own, *(place.title for place in found)]))[:_SUGGESTIONS]
