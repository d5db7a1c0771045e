"""Hourly charts: content order, alt text, staleness, and the missing extra."""

import struct
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from mcp.client import Client

from servicekit.upstream.caching.cache import CachePolicy
from weather_mcp.adapters import products
from weather_mcp.adapters.charts import HourlyCharts
from weather_mcp.models.forecasts import Hour
from weather_mcp.models.units import METRIC

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


async def test_chart_without_known_values_is_drawn() -> None:
    hours = [
        Hour.model_validate(
            {**dict.fromkeys(Hour.model_fields), "time": f"2026-03-01T{number:02}:00Z", "conditions": ""}
        )
        for number in range(24)
    ]
    assert (await HourlyCharts().draw("Nowhere", hours, METRIC, "")).startswith(b"\x89PNG")


async def test_missing_charts_extra_is_reported(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weather_mcp.adapters.charts.find_spec", lambda _: None)
    result = await client.call_tool("get_forecast", {"location": "Reykjavik", "chart": True})
    assert [block.type for block in result.content] == ["text"]
    assert "without its charts extra" in text_of(result)
