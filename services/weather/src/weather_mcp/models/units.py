"""Units: their names, the caller's choice of them, and every conversion."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeVar

from servicekit.schema import Record

Quantity = Literal["temperature", "temperature_difference", "wind", "precipitation", "snowfall"]

Model = TypeVar("Model", bound=Record)


class Units(Record):
    """The units of a result."""

    temperature: Literal["°C", "°F"] = "°C"
    wind: Literal["km/h", "m/s", "mph", "kn"] = "km/h"
    precipitation: Literal["mm", "inch"] = "mm"
    snowfall: Literal["cm", "inch"] = "cm"

    @property
    def notice(self) -> str | None:
        """A remark on how they were chosen, for the result."""
        return None

    def of(self, quantity: Quantity) -> str:
        """The name of the unit of a quantity."""
        unit: str = getattr(self, quantity.removesuffix("_difference"))
        return unit

    def show(self, value: float | None, quantity: Quantity) -> float | None:
        """A metric value in the unit of its quantity, rounded."""
        scale = _SCALES[quantity, self.of(quantity)]
        return value if value is None or scale.is_metric else round(scale.shown(value), scale.decimals)

    def shown(self, record: Model) -> Model:
        """A record with metric values, with those of its `Measured` fields in these units."""
        fields = _measured(type(record))
        changed = {name: self.show(getattr(record, name), quantity) for name, quantity in fields.items()}
        return record.model_copy(update=changed)

    def metric(self, value: float | None, quantity: Quantity) -> float | None:
        """A value in the unit of its quantity, in the metric one."""
        return None if value is None else _SCALES[quantity, self.of(quantity)].metric(value)


class UnitsWithoutChoice(Units):
    """Metric units, because the caller's saved ones could not be read."""

    @property
    def notice(self) -> str:
        return "Your saved units cannot be read, so units that the call does not name are metric."


METRIC: Final = Units()
IMPERIAL: Final = Units(temperature="°F", wind="mph", precipitation="inch", snowfall="inch")


@dataclass(frozen=True, slots=True)
class Measured:
    """Annotation of a field whose unit the caller chooses; its value is metric until `Units.shown`."""

    quantity: Quantity


Temperature = Annotated[float | None, Measured("temperature")]
KnownTemperature = Annotated[float, Measured("temperature")]
Wind = Annotated[float | None, Measured("wind")]
KnownWind = Annotated[float, Measured("wind")]
Precipitation = Annotated[float | None, Measured("precipitation")]
KnownPrecipitation = Annotated[float, Measured("precipitation")]
Snowfall = Annotated[float | None, Measured("snowfall")]


@dataclass(frozen=True, slots=True)
class _Scale:
    """A unit as a multiple of the metric one, from an offset, and the decimals to show."""

    factor: float = 1.0
    offset: float = 0.0
    decimals: int = 1

    @property
    def is_metric(self) -> bool:
        return self.factor == 1.0

    def shown(self, metric: float) -> float:
        return metric * self.factor + self.offset

    def metric(self, shown: float) -> float:
        return (shown - self.offset) / self.factor


_AS_IT_IS: Final = _Scale()
# Exact by definition: 1 mile is 1.609344 km, 1 nautical mile 1.852 km, 1 inch 25.4 mm.
_SCALES: Final[Mapping[tuple[Quantity, str], _Scale]] = MappingProxyType(
    {
        ("temperature", "°C"): _AS_IT_IS,
        ("temperature", "°F"): _Scale(1.8, 32.0),
        ("temperature_difference", "°C"): _AS_IT_IS,
        ("temperature_difference", "°F"): _Scale(1.8),
        ("wind", "km/h"): _AS_IT_IS,
        ("wind", "m/s"): _Scale(1 / 3.6),
        ("wind", "mph"): _Scale(1 / 1.609344),
        ("wind", "kn"): _Scale(1 / 1.852),
        ("precipitation", "mm"): _AS_IT_IS,
        ("precipitation", "inch"): _Scale(1 / 25.4, decimals=3),
        ("snowfall", "cm"): _AS_IT_IS,
        ("snowfall", "inch"): _Scale(1 / 2.54, decimals=2),
    }
)


@cache
def _measured(model: type[Record]) -> Mapping[str, Quantity]:
    return {
        name: mark.quantity
        for name, field in model.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Measured)
    }


UNITS: Final = """# Units

The argument `units` chooses those of temperature, wind, precipitation and snowfall in one call, and `save_units` for
all calls of a user. The record `units` of a result names them. All others are fixed.

| quantity | unit |
|---|---|
| temperature | °C or °F |
| wind, gusts | km/h, m/s, mph or knots (kn), 10 m above ground; direction in degrees, from which it blows |
| precipitation, rain | mm of water or inch; 1 mm is 1 litre per square metre |
| snowfall | cm of fresh snow, or inch where precipitation is in inch; about 7 cm for 10 mm of water |
| snow_depth | of the snow on the ground, in the unit of snowfall |
| pressure | hPa at sea level |
| visibility | m |
| waves | m from trough to crest; period in s |
| river discharge | m³/s, daily mean |
| pollutants | µg/m³ |
| hourly precipitation, its chance, snowfall, gusts | of the hour before `time`; all else is at `time` |
| times | local to the place, with UTC offset; `timezone` names the zone |
"""
