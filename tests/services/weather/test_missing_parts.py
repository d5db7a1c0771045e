"""Parts that the source does not know are said to be missing; unknown is never read as none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.faults import Fault
from devkit.simulators.weather.testing import RunningSimulator
from tests.fixtures.calls import call, records, refusal

from .conftest import Replica

ALWAYS = 10_000


def nulls(running: RunningSimulator, path: str, *names: str, first: int = 0, last: int | None = None) -> None:
    """Responses of an API have nulls in these columns."""
    fault = Fault(kind="nulls", path=f"/v1/{path}", names=list(names), first=first, last=last, times=ALWAYS)
    running.simulator.faults.pending.append(fault)


def parts(reading: dict[str, Any]) -> list[str]:
    return [one["part"] for one in reading.get("missing", [])]


async def test_complete_readings_have_nothing_missing(client: Client) -> None:
    for tool, arguments in {
        "get_alerts": {}, "get_forecast": {"days": 3}, "get_hourly_forecast": {"hours": 48}, "get_air_quality": {},
        "get_marine_conditions": {}, "get_flood_risk": {}, "get_forecast_confidence": {"days": 3},
        "get_current_weather": {"units": "celsius"}, "find_weather_window": {"hours_needed": 2},
        "get_historical_weather": {"first_day": "2020-02-01", "last_day": "2020-03-01"},
    }.items():  # fmt: skip
        reading = await call(client, tool, location="Lisbon", **arguments)
        assert "missing" not in reading, (tool, reading["missing"])


async def test_alerts_say_when_nothing_is_known(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "*")
    found = await call(client, "get_alerts", location="Oslo")
    assert found["alerts"] == []
    (missing,) = found["missing"]
    assert {"strong wind", "thunderstorm"} <= {*missing["part"].split(", ")}
    begins, ends = (datetime.fromisoformat(missing[name]) for name in ("first", "last"))
    assert ends - begins == timedelta(hours=71)
    assert "no alert there does not mean no hazard" in found["notice"]


async def test_alerts_name_the_hazard_and_its_hours(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "visibility", first=50, last=59)
    (missing,) = (await call(client, "get_alerts", location="Oslo"))["missing"]
    assert missing["part"] == "fog"
    assert datetime.fromisoformat(missing["last"]) - datetime.fromisoformat(missing["first"]) == timedelta(hours=9)


async def test_selected_fields_keep_what_is_missing(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "temperature_2m")
    found = await call(client, "get_hourly_forecast", location="Oslo", hours=24, fields=["time", "wind"])
    assert set(found) == {"hours", "missing", "units"}
    assert parts(found) == ["temperature"]


async def test_unknown_chance_of_rain_is_not_dry(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "precipitation_probability")
    found = await call(client, "find_weather_window", location="Oslo", hours_needed=1)
    assert found["windows"] == []
    assert found["in_the_way"]["rain or snow unknown"] > 0
    assert parts(found) == ["chance of precipitation"]
    anything = await call(client, "find_weather_window", location="Oslo", hours_needed=1, dry=False)
    assert anything["windows"], "a rule that is not asked for does not need the value"


async def test_windows_beyond_the_first_five_follow(client: Client) -> None:
    asked: dict[str, Any] = {"location": "Oslo", "hours_needed": 1, "days": 16, "daylight": True, "dry": False}
    first = await call(client, "find_weather_window", **asked)
    assert len(first["windows"]) == 5
    assert first["notice"].startswith("Cut: the first 5 of ")
    since = first["notice"].rpartition("from=")[2].rstrip("}.")
    second = await call(client, "find_weather_window", **asked, **{"from": since})
    assert second["windows"][0]["begins"] > first["windows"][-1]["ends"]
    late = (datetime.now(UTC) + timedelta(days=20)).isoformat()
    assert "is in that range" in await refusal(client, "find_weather_window", **asked, **{"from": late})


async def test_forecasts_say_what_they_lack(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "precipitation_sum", "wind_speed*", first=1, last=1)
    nulls(open_meteo, "forecast", "temperature_2m")
    daily = await call(client, "get_forecast", location="Oslo", days=3)
    assert parts(daily) == ["precipitation, wind"]
    assert daily["missing"][0]["first"] == daily["missing"][0]["last"] == daily["days"]["rows"][1][0]


async def test_current_weather_says_what_it_lacks(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "temperature_2m", "weather_code")
    assert parts(await call(client, "get_current_weather", location="Oslo", units="celsius")) == [
        "temperature, conditions"
    ]


async def test_sums_of_unknown_days_are_unknown(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "archive", "precipitation_sum")
    found = await call(client, "get_historical_weather", location="Oslo", first_day="2020-02-01", last_day="2020-02-09")
    assert not {"wet_days", "precipitation"} & {*found["periods"]["columns"]}
    assert (parts(found), found["missing"][0]["last"]) == (["precipitation"], "2020-02-09")


async def test_sums_with_one_unknown_day_are_unknown(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "archive", "precipitation_sum", "snowfall_sum", first=3, last=3)
    year = await call(client, "get_historical_weather", location="Oslo", first_day="2020")
    whole, january, february, *_ = records(year["periods"])
    for unknown in (whole, january):
        assert not {"precipitation", "wet_days", "snowfall"} & unknown.keys()
    assert february["precipitation"] > 0
    (missing,) = year["missing"]
    assert (missing["part"], missing["first"], missing["last"]) == ("precipitation, snowfall", *2 * ["2020-01-04"])


async def test_unknown_snow_is_not_none(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "snowfall*")
    for tool in ("get_current_weather", "get_forecast", "get_hourly_forecast", "get_rain_soon"):
        assert parts(await call(client, tool, location="Oslo")) == ["snowfall"], tool


@pytest.mark.parametrize(
    ("tool", "path", "column", "part"),
    [
        ("get_air_quality", "air-quality", "european_aqi", "European index"),
        ("get_marine_conditions", "marine", "wave_height", "waves"),
        ("get_flood_risk", "flood", "river_discharge", "discharge"),
    ],
)
async def test_elements_say_what_they_lack(
    client: Client, open_meteo: RunningSimulator, tool: str, path: str, column: str, part: str
) -> None:
    nulls(open_meteo, path, column, first=100 if path == "flood" else 40)
    assert parts(await call(client, tool, location="Lisbon")) == [part]


async def test_days_without_an_ensemble_are_named(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "ensemble", "precipitation*", first=24, last=47)
    found = await call(client, "get_forecast_confidence", location="Oslo", days=3)
    assert len(found["days"]) == 2
    (missing,) = found["missing"]
    assert missing["first"] == missing["last"] not in [day["date"] for day in found["days"]]
    assert "fewer than 20 hours" in missing["reason"]


async def test_a_comparison_without_one_place_names_no_winner(client: Client, open_meteo: RunningSimulator) -> None:
    reason = '{"error":true,"reason":"No data is available for this location"}'
    fault = Fault(kind="answer", path="/v1/forecast", status=400, body=reason)
    open_meteo.simulator.faults.pending.append(fault)
    found = await call(client, "compare_locations", locations=["Oslo", "Lisbon"], days=2)
    assert len(found["forecasts"]) == 1
    assert not {"warmest", "driest", "calmest"} & found.keys()
    assert len(found["missing"]) == 1
    assert "has no data" in found["missing"][0]["reason"]
    text = await refusal(client, "compare_locations", locations=["Oslo", "Lisbom"])
    assert "There is no place `Lisbom` (location). Did you mean " in text
    assert "is Lisbon, Portugal" in text
    assert text.startswith("locations.1: ")


async def test_a_failed_projection_leaves_the_comparison(client: Client, open_meteo: RunningSimulator) -> None:
    open_meteo.simulator.faults.pending.append(Fault(kind="error", path="/v1/climate", times=ALWAYS))
    found = await call(client, "compare_to_normal", location="Oslo", day="2020-02-01", projection=True)
    assert found["normal"]["days_counted"] > 400
    assert parts(found) == ["expected_2041_2050"]


async def test_a_failed_chart_leaves_the_forecast(client: Client, open_meteo: RunningSimulator) -> None:
    await call(client, "get_forecast", location="Oslo", days=3)
    open_meteo.simulator.faults.pending.append(Fault(kind="error", path="/v1/forecast", times=ALWAYS))
    found = await call(client, "get_forecast", location="Oslo", days=3, chart=True)
    assert found["notice"].startswith("No chart: ")


async def test_saved_labels_that_cannot_be_read_are_said(replica: Replica) -> None:
    async with replica(redis_url="redis://127.0.0.1:1/0") as client:
        found = await call(client, "get_forecast", location="Oslo", days=1)
        assert "Your saved places cannot be read" in found["notice"]
        assert "not answering" in await refusal(client, "list_saved_locations")
    async with replica(redis_url=None) as client:
        assert "no store for saved places" in await refusal(client, "list_saved_locations")
        assert "notice" not in await call(client, "get_forecast", location="Oslo", days=1)


async def test_a_near_label_is_suggested(client: Client) -> None:
    await call(client, "save_location", label="cabin", location="Oslo")
    assert 'Did you mean "cabin", a saved place' in await refusal(client, "get_alerts", location="cabn")
    assert "Nearest: cabin" in await refusal(client, "forget_location", label="cabn")
