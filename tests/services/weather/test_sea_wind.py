"""Waves come with their wind, and what a selection or a table must not lose."""

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from tests.fixtures.calls import call, records

from .conftest import Replica


async def test_the_sea_has_the_wind_of_its_hours(reader: Client) -> None:
    asked = {"location": "45.5,-4.5", "from": "tomorrow 12:00", "to": "tomorrow 15:00", "units": "knots"}
    sea = records((await call(reader, "get_marine_conditions", **asked))["hours"])
    weather = records((await call(reader, "get_hourly_forecast", **asked))["hours"])
    assert len(sea) == 4
    for name in ("time", "wind", "gusts", "wind_from_degrees"):
        assert [hour[name] for hour in sea] == [hour[name] for hour in weather]


async def test_waves_without_wind_say_so(replica: Replica) -> None:
    async with replica(forecast_url="http://127.0.0.1:1") as client:
        found = await call(client, "get_marine_conditions", location="45.5,-4.5")
    assert found["now"]["wave_height_m"] > 0
    assert [part["part"] for part in found["missing"]] == ["wind, gusts"]


async def test_a_place_without_sea_has_no_table_of_it(reader: Client) -> None:
    with pytest.raises(MCPError, match="There is no sea at that place"):
        await reader.read_resource("weather://Madrid/sea.csv")


async def test_a_selection_keeps_the_units(reader: Client) -> None:
    found = await call(reader, "get_forecast", location="Lisbon", fields=["high", "wind_max"], units="mph")
    assert found["days"]["columns"] == ["high", "wind_max"]
    assert (found["units"]["wind"], found["units"]["temperature"]) == ("mph", "°C")


async def test_every_hour_has_its_pressure(reader: Client) -> None:
    hours = records((await call(reader, "get_hourly_forecast", location="Lisbon", hours=6))["hours"])
    assert all(900 < hour["pressure_hpa"] < 1100 for hour in hours)
