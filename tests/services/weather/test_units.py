"""Units: words, conversions, the units of each result, and those that a caller saved."""

from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.simulators.weather.testing import RunningSimulator
from servicekit.testing.service import caller
from tests.fixtures.calls import call, records, refusal
from weather_mcp.models.alerts import alerts_in
from weather_mcp.models.unit_names import parsed_units, with_units
from weather_mcp.models.units import IMPERIAL, METRIC, Quantity, Units

from .conftest import Replica
from .test_rules import hour

ALL_UNITS = st.builds(
    Units,
    temperature=st.sampled_from(["°C", "°F"]),
    wind=st.sampled_from(["km/h", "m/s", "mph", "kn"]),
    precipitation=st.sampled_from(["mm", "inch"]),
    snowfall=st.sampled_from(["cm", "inch"]),
)
CHANGEABLE = {"temperature", "feels_like", "wind", "gusts", "precipitation", "snowfall"}


@given(ALL_UNITS, st.sampled_from(get_args(Quantity)), st.floats(-100, 400))
def test_conversion_there_and_back_is_the_same(units: Units, quantity: Quantity, value: float) -> None:
    shown = units.show(value, quantity)
    assert shown is not None
    back = units.metric(shown, quantity)
    step = {"precipitation": 0.0005 * 25.4, "snowfall": 0.005 * 2.54, "wind": 0.05 * 3.6}.get(quantity, 0.05)
    assert back == pytest.approx(value, abs=step * 1.01)
    assert units.show(None, quantity) is None
    assert units.metric(None, quantity) is None


@pytest.mark.parametrize(
    ("quantity", "metric", "shown", "units"),
    [
        ("temperature", -40.0, -40.0, IMPERIAL),
        ("temperature", 100.0, 212.0, IMPERIAL),
        ("temperature_difference", 10.0, 18.0, IMPERIAL),
        ("wind", 100.0, 62.1, IMPERIAL),
        ("wind", 36.0, 10.0, Units(wind="m/s")),
        ("wind", 18.52, 10.0, Units(wind="kn")),
        ("precipitation", 25.4, 1.0, IMPERIAL),
        ("precipitation", 0.1, 0.004, IMPERIAL),
        ("snowfall", 2.54, 1.0, IMPERIAL),
    ],
)
def test_known_values_are_converted(quantity: Quantity, metric: float, shown: float, units: Units) -> None:
    assert units.show(metric, quantity) == shown
    assert units.metric(shown, quantity) == pytest.approx(metric, abs=0.2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("celsius", {"temperature": "°C"}),
        (" Fahrenheit ", {"temperature": "°F"}),
        ("°F", {"temperature": "°F"}),
        ("° f", {"temperature": "°F"}),
        ("degrees C", {"temperature": "°C"}),
        ("F, mph, in", {"temperature": "°F", "wind": "mph", "precipitation": "inch", "snowfall": "inch"}),
        ("in celsius and knots", {"temperature": "°C", "wind": "kn"}),
        ("fahrenheit/mph", {"temperature": "°F", "wind": "mph"}),
        ("km / h", {"wind": "km/h"}),
        ("KPH", {"wind": "km/h"}),
        ("miles per hour", {"wind": "mph"}),
        ("metres per second; mm", {"wind": "m/s", "precipitation": "mm", "snowfall": "cm"}),
        ("metric", METRIC.model_dump()),
        ("US customary units", IMPERIAL.model_dump()),
        ("knots, metric", METRIC.model_dump() | {"wind": "kn"}),
        ("imperial but", None),
        ("uk", METRIC.model_dump() | {"wind": "mph"}),
        ("celsius celsius", {"temperature": "°C"}),
        ("celsius, fahrenheit", None),
        ("metric imperial", None),
        ("kelvin", None),
        ("beaufort", None),
        ("and", None),
        ("", None),
        ("mm, inch", None),
    ],
)
def test_words_for_units_are_read(text: str, found: dict[str, str] | None) -> None:
    if found is None:
        with pytest.raises(ValueError, match="celsius or fahrenheit; km/h, m/s, mph or knots; mm or inch"):
            parsed_units(text)
    else:
        assert parsed_units(text) == found


@given(ALL_UNITS, ALL_UNITS)
def test_named_units_are_read_as_themselves(units: Units, base: Units) -> None:
    words = ", ".join((units.temperature, units.wind, units.precipitation))
    found = with_units(base, words)
    assert found.model_dump(exclude={"snowfall"}) == units.model_dump(exclude={"snowfall"})
    assert found.snowfall == ("inch" if units.precipitation == "inch" else "cm")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert parsed_units(text)


async def test_every_result_names_its_units_once(reader: Client) -> None:
    for tool, arguments in {
        "get_current_weather": {}, "get_forecast": {"days": 2}, "get_hourly_forecast": {"hours": 3}, "get_alerts": {},
        "get_rain_soon": {},
        "get_marine_conditions": {}, "get_forecast_confidence": {"days": 2},
        "find_weather_window": {"hours_needed": 1, "dry": False},
        "get_historical_weather": {"first_day": "2020-02-01", "last_day": "2020-02-03"},
    }.items():  # fmt: skip
        asked: dict[str, Any] = {"location": "Lisbon", "units": "F, knots, inch", **arguments}
        found = await call(reader, tool, **asked)
        wanted = {"temperature": "°F", "wind": "kn", "precipitation": "inch", "snowfall": "inch"}
        assert found["units"] == wanted, tool


async def test_hours_are_converted(reader: Client) -> None:
    metric, other = [
        records((await call(reader, "get_hourly_forecast", location="60.4,5.3", hours=48, units=units))["hours"])
        for units in ("metric", "imperial, m/s")
    ]
    units = Units(temperature="°F", wind="m/s", precipitation="inch", snowfall="inch")
    factors: dict[str, Quantity] = {"temperature": "temperature", "feels_like": "temperature", "wind": "wind"}
    factors |= {"gusts": "wind", "precipitation": "precipitation", "snowfall": "snowfall"}
    assert factors.keys() == CHANGEABLE
    for one, same in zip(metric, other, strict=True):
        for name, quantity in factors.items():
            assert same[name] == units.show(one[name], quantity), name
        assert {**same, **{name: one[name] for name in factors}} == one


async def test_history_counts_wet_days_in_any_unit(reader: Client) -> None:
    asked = {"location": "60.4,5.3", "first_day": "2020-02-01", "last_day": "2020-02-20"}
    metric = records((await call(reader, "get_historical_weather", **asked, units="metric"))["periods"])[0]
    inches = records((await call(reader, "get_historical_weather", **asked, units="inch"))["periods"])[0]
    assert metric["wet_days"] == inches["wet_days"] > 0
    assert inches["precipitation"] == pytest.approx(metric["precipitation"] / 25.4, abs=0.001)


async def test_thresholds_are_in_the_chosen_units(reader: Client) -> None:
    asked: dict[str, Any] = {"location": "60.4,5.3", "hours_needed": 1, "dry": False, "days": 5}
    in_kmh = await call(reader, "find_weather_window", **asked, wind_below=18.52, units="metric")
    in_knots = await call(reader, "find_weather_window", **asked, wind_below=10, units="knots")
    assert [one["begins"] for one in in_kmh["windows"]] == [one["begins"] for one in in_knots["windows"]]
    assert in_kmh["in_the_way"] == in_knots["in_the_way"]


def test_peaks_of_alerts_are_in_the_chosen_units() -> None:
    stormy = hour(0, gusts=100.0, feels_like=-20.0, precipitation=25.4)
    found = {alert.kind: (alert.peak, alert.unit) for alert in alerts_in([stormy], IMPERIAL)}
    assert found == {"strong wind": (62.1, "mph"), "cold": (-4.0, "°F felt"), "heavy rain": (1.0, "inch/h")}


async def test_unknown_units_are_refused_with_the_words(reader: Client, open_meteo: RunningSimulator) -> None:
    for tool in ("get_current_weather", "get_alerts", "find_weather_window"):
        said = await refusal(reader, tool, location="Oslo", hours_needed=1, units="beaufort")
        assert "units: must name units: celsius or fahrenheit; km/h, m/s, mph or knots" in said
    assert open_meteo.simulator.request_log.count() == 0


async def test_saved_units_are_those_of_later_calls(replica: Replica) -> None:
    both = ("weather:read", "weather:write")
    async with replica(caller(*both)) as ann, replica(caller(*both, subject="bob")) as bob:
        saved = await call(ann, "save_units", units="fahrenheit, mph")
        assert saved == {"temperature": "°F", "wind": "mph", "precipitation": "mm", "snowfall": "cm"}
        found = await call(ann, "get_current_weather", location="Oslo")
        assert found["units"] == saved
        assert (await call(ann, "get_current_weather", location="Oslo", units="knots"))["units"] == saved | {
            "wind": "kn"
        }
        assert (await call(ann, "get_current_weather", location="Oslo", units="metric"))["units"]["wind"] == "km/h"
        contents = (await ann.read_resource("weather://Oslo/current")).contents
        assert '"wind":"mph"' in getattr(contents[0], "text", "")
        assert (await call(bob, "get_current_weather", location="Oslo"))["units"] == METRIC.model_dump()
        assert "must name units" in await refusal(ann, "save_units", units="furlongs")


async def test_saved_units_that_cannot_be_read_are_said(replica: Replica) -> None:
    async with replica(redis_url="redis://127.0.0.1:1/0") as client:
        found = await call(client, "get_current_weather", location="51.5,-0.1")
        assert "Your saved units cannot be read" in found["notice"]
        assert found["units"] == METRIC.model_dump()
        named = await call(client, "get_current_weather", location="51.5,-0.1", units="imperial")
        assert "notice" not in named
    async with replica(redis_url=None) as client:
        assert "notice" not in await call(client, "get_current_weather", location="51.5,-0.1")
        said = await refusal(client, "save_units", units="imperial")
        assert "only reads" in said or "no store for saved units" in said
