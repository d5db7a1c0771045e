"""Settings of the weather server, in addition to those of every server."""

from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from servicekit.settings import TOOLSETS, AuditFileSettings
from servicekit.upstream import UpstreamUrl
from weather_mcp.models.status import Api
from weather_mcp.models.toolsets import Toolset
from weather_mcp.models.warnings import Service


class WeatherSettings(AuditFileSettings):
    model_config = SettingsConfigDict(env_prefix="WEATHER_")

    port: int = Field(8104, ge=1, le=65535, description="Port to listen on.")
    toolsets: Annotated[tuple[Toolset | Literal["default", "all"], ...], NoDecode] = TOOLSETS
    source: Literal["open-meteo", "simulated"] = Field(
        "open-meteo", description="Source named in results; set simulated if the URLs point to a simulator."
    )
    api_key: SecretStr | None = Field(
        None, description="Open-Meteo API key of a commercial plan. With a key, the customer hosts are used."
    )
    forecast_url: UpstreamUrl = Field("https://api.open-meteo.com", description="Base URL of the forecast API.")
    geocoding_url: UpstreamUrl = Field(
        "https://geocoding-api.open-meteo.com", description="Base URL of the geocoding API."
    )
    archive_url: UpstreamUrl = Field("https://archive-api.open-meteo.com", description="Base URL of the archive API.")
    air_quality_url: UpstreamUrl = Field(
        "https://air-quality-api.open-meteo.com", description="Base URL of the air quality API."
    )
    marine_url: UpstreamUrl = Field("https://marine-api.open-meteo.com", description="Base URL of the marine API.")
    flood_url: UpstreamUrl = Field("https://flood-api.open-meteo.com", description="Base URL of the flood API.")
    ensemble_url: UpstreamUrl = Field(
        "https://ensemble-api.open-meteo.com", description="Base URL of the ensemble API."
    )
    climate_url: UpstreamUrl = Field("https://climate-api.open-meteo.com", description="Base URL of the climate API.")
    warnings: Literal["off", "nws", "meteoalarm", "both"] = Field(
        "off",
        description="Official warnings to read: nws (US National Weather Service), meteoalarm (Europe), both, or off.",
    )
    nws_url: UpstreamUrl = Field("https://api.weather.gov", description="Base URL of the NWS API.")
    meteoalarm_url: UpstreamUrl = Field("https://feeds.meteoalarm.org", description="Base URL of MeteoAlarm's feeds.")
    upstream_timeout: float = Field(8.0, gt=0, le=60, description="Timeout of one request to an API, in seconds.")
    upstream_connections: int = Field(
        4, ge=1, le=50, description="Most concurrent requests to one API; the free plan queues six."
    )
    quota_minute: int = Field(600, ge=1, description="Requests per minute that Open-Meteo allows (free plan).")
    quota_hour: int = Field(5000, ge=1, description="Requests per hour that Open-Meteo allows (free plan).")
    quota_day: int = Field(10_000, ge=1, description="Requests per day that Open-Meteo allows (free plan).")

    @property
    def urls(self) -> dict[Api, str]:
        """Base URL of each API. With a key, default URLs become those of the customer hosts."""
        return {api: self._url(f"{api}_url") for api in get_args(Api)}

    @property
    def upstream_urls(self) -> tuple[str, ...]:
        """What `weather-mcp check` connects to."""
        return (*self.urls.values(), *self.warning_urls.values())

    @property
    def warning_urls(self) -> dict[Service, str]:
        """Base URL of each service whose warnings are read."""
        urls: dict[Service, str] = {"nws": self.nws_url, "meteoalarm": self.meteoalarm_url}
        return {service: url for service, url in urls.items() if self.warnings in (service, "both")}

    def _url(self, name: str) -> str:
        url: str = getattr(self, name)
        is_default = url == type(self).model_fields[name].default
        return url.replace("https://", "https://customer-", 1) if is_default and self.api_key is not None else url
