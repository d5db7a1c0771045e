"""Units, and how they are told."""

from typing import Annotated, Final, Literal

from pydantic import Field

Units = Annotated[
    Literal["celsius", "fahrenheit"], Field(description="Unit of temperatures. Everything else is metric.")
]
TemperatureUnit = Literal["°C", "°F"]

UNITS: Final = """# Units

| quantity | unit |
|---|---|
| temperature | °C, or °F where `units` is fahrenheit; `temperature_unit` says which |
| precipitation, rain | mm, water of any kind; 1 mm is 1 litre on a square metre |
| snowfall | cm of fresh snow; about 7 cm for 10 mm of water |
| wind, gusts | km/h, 10 m above ground; direction in degrees, where it comes from |
| pressure | hPa at sea level |
| visibility | m |
| waves | m from trough to crest; period in s |
| river discharge | m³/s, daily mean |
| pollutants | µg/m³ |
| precipitation, its chance, snowfall and gusts by the hour | of the hour before `time`; all else is of that moment |
| times | local to the place, with their offset from UTC; `timezone` names the zone |
"""


def unit_of(units: str) -> TemperatureUnit:
    """The sign of a unit."""
    return "°F" if units == "fahrenheit" else "°C"


def shown(celsius: float | None, units: str) -> float | None:
    """A temperature in the unit that was asked for."""
    if celsius is None or units != "fahrenheit":
        return celsius
    return round(celsius * 9 / 5 + 32, 1)


def celsius(degrees: float | None, units: str) -> float | None:
    """A temperature that was given in some unit, in °C."""
    return degrees if degrees is None or units != "fahrenheit" else (degrees - 32) * 5 / 9


def difference(celsius: float, units: str) -> float:
    """A difference of temperatures in the unit that was asked for: no offset."""
    return round(celsius * 9 / 5, 1) if units == "fahrenheit" else round(celsius, 1)
