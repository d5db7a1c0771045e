"""The units of a call, and the tool that saves them."""

from servicekit.core import Unavailable
from weather_mcp.models.unit_names import NamedUnits, UnitsText, parsed_units, with_units
from weather_mcp.models.units import METRIC, Units, UnitsWithoutChoice
from weather_mcp.ports import SavedUnits


class ChosenUnits:
    """The units of a call: those that it names; else those that the caller saved; else metric ones."""

    def __init__(self, saved: SavedUnits) -> None:
        self._saved = saved

    async def __call__(self, text: UnitsText) -> Units:
        """The units for an argument `units`."""
        named = {} if text is None else parsed_units(text)
        if named.keys() == set(Units.model_fields):
            return Units.model_validate(named)
        try:
            base = await self._saved.get() or METRIC
        except Unavailable:
            base = UnitsWithoutChoice()
        return base.model_copy(update=named)


class UnitTools:
    def __init__(self, saved: SavedUnits) -> None:
        self._saved = saved

    async def save_units(self, units: NamedUnits) -> Units:
        """Remember the user's units for all later calls (always °F, miles, knots). Others become metric."""
        chosen = with_units(METRIC, units)
        await self._saved.save(chosen)
        return chosen
