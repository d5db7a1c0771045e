"""The URLs of Open-Meteo's APIs by the settings."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from weather_mcp.settings import WeatherSettings

BASE: dict[str, Any] = {"public_url": "http://127.0.0.1:8104/mcp", "issuer": "http://127.0.0.1:9/"}


def test_api_key_selects_the_customer_hosts() -> None:
    free = WeatherSettings(**BASE).urls
    assert free["forecast"] == "https://api.open-meteo.com"
    assert free["air_quality"] == "https://air-quality-api.open-meteo.com"
    assert len(set(free.values())) == 8
    paid = WeatherSettings(**BASE, api_key=SecretStr("k"), archive_url="https://weather.example").urls
    assert paid["forecast"] == "https://customer-api.open-meteo.com"
    assert paid["air_quality"] == "https://customer-air-quality-api.open-meteo.com"
    assert paid["archive"] == "https://weather.example"


@pytest.mark.parametrize("url", ["http://weather.example", "https://user:secret@weather.example", "weather.example"])
def test_insecure_api_urls_are_refused(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WeatherSettings(**BASE, forecast_url=url)
    assert "secret" not in str(refused.value)
