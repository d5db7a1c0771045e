"""Units and conversions."""

from typing import Annotated, Final, Literal

from pydantic import Field

Units = Annotated[Literal["celsius", "fahrenheit"], Field(description="Temperature unit.")]
TemperatureUnit = Literal["°C", "°F"]

UNITS: Final = """# Units

| quantity | unit |
|---|---|
| temperature | °C, or °F where `units` is fahrenheit; `temperature_unit` says which |
| precipitation, rain | mm of water; 1 mm is 1 litre per square metre |
| snowfall | cm of fresh snow; about 7 cm for 10 mm of water |
| wind, gusts | km/h, 10 m above ground; direction in degrees, from which it blows |
| pressure | hPa at sea level |
| visibility | m |
| waves | m from trough to crest; period in s |
| river discharge | m³/s, daily mean |
| pollutants | µg/m³ |
| hourly precipitation, its chance, snowfall, gusts | of the hour before `time`; all else is at `time` |
| times | local to the place, with UTC offset; `timezone` names the zone |
"""


def unit_of(units: str) -> TemperatureUnit:
    return "°F" if units == "fahrenheit" else "°C"


def shown(celsius: float | None, units: str) -> float | None:
    """A temperature in °C, converted to the requested unit."""
    if celsius is None or units != "fahrenheit":
        return celsius
    return round(celsius * 9 / 5 + 32, 1)


def celsius(degrees: float | None, units: str) -> float | None:
    """A temperature in the caller's unit, converted to °C."""
    return degrees if degrees is None or units != "fahrenheit" else (degrees - 32) * 5 / 9


def difference(celsius: float, units: str) -> float:
    """A temperature difference in °C, converted to the requested unit without offset."""
    return round(celsius * 9 / 5, 1) if units == "fahrenheit" else round(celsius, 1)
