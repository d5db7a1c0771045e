"""Hourly charts: content order, alt text, staleness, and the missing extra."""

import csv
import struct
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.faults import Fault
from devkit.simulators.weather.testing import RunningSimulator
from servicekit.upstream.caching.cache import CachePolicy
from tests.fixtures.calls import call
from weather_mcp.adapters import products
from weather_mcp.adapters.charts import HourlyCharts
from weather_mcp.models.agreement import Members
from weather_mcp.models.charts import forecast_chart
from weather_mcp.models.forecasts import Hour
from weather_mcp.models.units import IMPERIAL, METRIC

from .conftest import text_of


async def test_chart_follows_the_text_with_an_alt_text(reader: Client) -> None:
    result = await reader.call_tool("get_forecast", {"location": "Reykjavik", "days": 7, "chart": True})
    kinds = [block.type for block in result.content]
    assert kinds == ["text", "text", "image"]
    today = datetime.now(UTC).date()
    assert f"Chart by the hour from {today} to {today + timedelta(days=6)}: temperature between" in text_of(result)
    png = b64decode(getattr(result.content[2], "data", ""))
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (1200, 672)
    assert result.structured_content is not None
    assert len(result.structured_content["days"]["rows"]) == 7


async def test_chart_of_stale_data_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "HOURS", replace(products.HOURS, cache_policy=CachePolicy(fresh=0, stale=600)))
    asked = {"location": "Oslo", "days": 1, "chart": True}
    fresh, stale = [await client.call_tool("get_forecast", asked) for _ in range(2)]
    words = [getattr(result.content[1], "text", "") for result in (fresh, stale)]
    assert ["Stale: from" in said for said in words] == [False, True]
    assert getattr(fresh.content[2], "data", "") != getattr(stale.content[2], "data", "")


def ink(png: bytes, colour: tuple[int, int, int]) -> int:
    """The number of pixels of a colour."""
    from matplotlib.image import imread

    pixels = (imread(BytesIO(png))[..., :3] * 255).round().astype(int)
    return int((abs(pixels - colour).max(axis=-1) <= 2).sum())


def an_hour(number: int, **values: Any) -> Hour:
    time = f"2026-03-{1 + number // 24:02}T{number % 24:02}:00Z"
    return Hour.model_validate({**dict.fromkeys(Hour.model_fields), "time": time, "conditions": "", **values})


async def test_chart_without_known_values_is_drawn() -> None:
    chart = forecast_chart("Nowhere", [an_hour(number) for number in range(24)], METRIC)
    assert (await HourlyCharts().draw(chart, "")).startswith(b"\x89PNG")
    assert chart.words.endswith("temperature unknown; rain or snow unknown; wind unknown. Some hours are unknown.")


async def test_forecast_has_the_range_of_the_ensemble(client: Client, open_meteo: RunningSimulator) -> None:
    asked = {"location": "Oslo", "days": 2, "chart": True}
    assert "The band holds eight of ten models." in text_of(await client.call_tool("get_forecast", asked))
    assert open_meteo.simulator.request_log.count(path="/v1/ensemble") == 1


async def test_chart_is_drawn_without_the_ensemble(client: Client, open_meteo: RunningSimulator) -> None:
    open_meteo.simulator.faults.pending.append(Fault(kind="garbage", path="/v1/ensemble", times=10))
    result = await client.call_tool("get_forecast", {"location": "Oslo", "days": 2, "chart": True})
    assert [block.type for block in result.content] == ["text", "text", "image"]
    assert "eight of ten" not in text_of(result)


def test_range_is_between_the_tenth_and_ninetieth_percentile() -> None:
    hours = [an_hour(0, temperature=32.0), an_hour(1, temperature=33.0)]
    members = [Members(hours[0].time, [float(value) for value in range(1, 11)], [0.0] * 10, [0.0] * 10)]
    panel = forecast_chart("Oslo", hours, IMPERIAL, members).panels[0]
    assert panel.low == [pytest.approx(34.0, abs=0.1), None], "an hour that the ensemble lacks has no range"
    assert panel.high == [pytest.approx(49.8, abs=0.1), None]
    assert panel.limits == ((32.0, "freezing"),)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_marine_conditions", {"location": "Lisbon"}, "waves between"),
        ("get_air_quality", {"location": "Lisbon"}, "European air quality index between"),
        ("find_weather_window", {"location": "Lisbon", "hours_needed": 1, "dry": False}, "Marked: "),
    ],
)
async def test_sea_air_and_windows_have_charts(reader: Client, tool: str, arguments: dict[str, Any], said: str) -> None:
    plain = await reader.call_tool(tool, arguments)
    result = await reader.call_tool(tool, {**arguments, "chart": True})
    assert [block.type for block in plain.content] == ["text"]
    assert [block.type for block in result.content] == ["text", "text", "image"]
    assert said in text_of(result)


async def test_unavailable_chart_leaves_the_result(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weather_mcp.adapters.charts.find_spec", lambda _: None)
    found = await call(reader, "get_marine_conditions", location="Lisbon", chart=True)
    assert found["notice"] == (
        "No chart: this server was installed without its charts extra. A model, coarse near coasts: not for navigation."
    )


@pytest.mark.parametrize(
    ("name", "heading", "rows"),
    [("hours", "temperature (°C)", 168), ("sea", "wave_height_m", 168), ("air", "european_aqi", 96)],
)
async def test_series_are_resources_of_csv(reader: Client, name: str, heading: str, rows: int) -> None:
    (content,) = (await reader.read_resource(f"weather://Lisbon/{name}.csv")).contents
    table = [*csv.DictReader(StringIO(getattr(content, "text", "")))]
    assert content.mime_type == "text/csv"
    assert heading in table[0]
    assert len(table) == rows
    assert "not the weather anywhere" in table[0]["attribution"]
    assert datetime.fromisoformat(table[0]["time"]) < datetime.fromisoformat(table[-1]["time"])


async def test_csv_is_in_the_saved_units(client: Client) -> None:
    await call(client, "save_units", units="imperial")
    (content,) = (await client.read_resource("weather://Lisbon/hours.csv")).contents
    (header, *_) = getattr(content, "text", "").splitlines()
    assert "temperature (°F)" in header
    assert "snow_depth (inch)" in header


async def test_missing_charts_extra_is_reported(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weather_mcp.adapters.charts.find_spec", lambda _: None)
    result = await client.call_tool("get_forecast", {"location": "Reykjavik", "chart": True})
    assert [block.type for block in result.content] == ["text"]
    assert "without its charts extra" in text_of(result)


async def test_chart_of_a_long_forecast_says_its_days(reader: Client) -> None:
    for days, said in ((10, True), (7, False)):
        result = await reader.call_tool("get_forecast", {"location": "Oslo", "days": days, "chart": True})
        notice = (result.structured_content or {}).get("notice", "")
        assert ("The chart shows the first 7 of 10 days." in notice) == said


async def test_values_alone_are_drawn() -> None:
    """One hour alone, and one between unknown ones, leave ink in the colour of their curve."""
    lone = [an_hour(0, temperature=None), an_hour(1, temperature=5.0, wind=7.0), an_hour(2, temperature=None)]
    unknown = [hour.model_copy(update={"temperature": None, "wind": None}) for hour in lone]
    charts = HourlyCharts()
    for hours, nothing in ((lone, unknown), (lone[1:2], unknown[1:2])):
        drawn, empty = [await charts.draw(forecast_chart("Oslo", rows, METRIC), "") for rows in (hours, nothing)]
        assert ink(drawn, (214, 69, 69)) > ink(empty, (214, 69, 69)) + 20
