"""Tools for current weather and forecasts."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Clamped, Image, WithAttachments
from weather_mcp.models.agreement import confidence_by_day
from weather_mcp.models.forecasts import Confidence, CurrentWeather, Days, Forecast, Hour, HourlyForecast, Hours
from weather_mcp.models.locations import Location, Place
from weather_mcp.models.readings import provenance
from weather_mcp.models.units import Units, unit_of
from weather_mcp.ports import Charts, Forecasts
from weather_mcp.tools.locator import Locator

EnsembleDays = Annotated[int, Field(ge=1, le=7, description="Days from today, 1 to 7."), Clamped(least=False)]
WithChart = Annotated[bool, Field(description="Add an image of hourly temperature, rain and wind (at most 7 days).")]

_CHART_DAYS = 7
_NO_CHARTS = "No chart: this server was installed without its charts extra."


class ForecastTools:
    def __init__(self, locator: Locator, forecasts: Forecasts, charts: Charts) -> None:
        self._locator = locator
        self._forecasts = forecasts
        self._charts = charts

    async def get_current_weather(self, location: Location, units: Units) -> CurrentWeather:
        """Current weather at a place: temperature, wind, precipitation, clouds, pressure, and a description.

        Report its time. For later today use get_hourly_forecast; for days use get_forecast.
        """
        place = await self._locator.place(location)
        series = await self._forecasts.current(place.spot)
        return CurrentWeather(
            **provenance(place, series), temperature_unit=unit_of(units), weather=series.rows[0].in_units(units)
        )

    async def get_forecast(
        self, location: Location, days: Days = 7, units: Units = "celsius", chart: WithChart = False
    ) -> WithAttachments[Forecast]:
        """Daily forecast: high, low, precipitation, snow, wind, sunrise and sunset.

        Call days beyond a week uncertain; get_forecast_confidence quantifies it. For hours use get_hourly_forecast; to
        find a time for a plan use find_weather_window.
        """
        place = await self._locator.place(location)
        series = await self._forecasts.daily(place.spot, days)
        missing = _NO_CHARTS if chart and not self._charts.available else None
        forecast = Forecast(
            **provenance(place, series, missing),
            temperature_unit=unit_of(units),
            days=[day.in_units(units) for day in series.rows],
        )
        if not chart or missing:
            return WithAttachments(forecast)
        return WithAttachments(forecast, [await self._picture(place, min(days, _CHART_DAYS), units)])

    async def get_hourly_forecast(
        self, location: Location, hours: Hours = 24, units: Units = "celsius"
    ) -> HourlyForecast:
        """Hourly forecast from now, up to a week: for today, a journey, an afternoon. For whole days use
        get_forecast."""
        place = await self._locator.place(location)
        series = await self._forecasts.hourly(place.spot, (hours + 23) // 24 + 1)
        rows = [hour for hour in series.rows if hour.time > series.origin.now]
        return HourlyForecast(
            **provenance(place, series),
            temperature_unit=unit_of(units),
            hours=[hour.in_units(units) for hour in rows[:hours]],
        )

    async def get_forecast_confidence(
        self, location: Location, days: EnsembleDays = 7, units: Units = "celsius"
    ) -> Confidence:
        """Confidence of the forecast by day: the spread and agreement of an ensemble of 30 to 40 forecasts.

        Use it before decisions that depend on the weather, and for questions about the likelihood of rain.
        """
        place = await self._locator.place(location)
        series = await self._forecasts.ensemble(place.spot, days)
        if not (sure := confidence_by_day(series.rows, units)):
            raise Refused("The ensemble covers none of those days completely. Try a place nearby.")
        return Confidence(
            **provenance(place, series),
            temperature_unit=unit_of(units),
            members=len(series.rows[0].temperature),
            days=sure,
        )

    async def _picture(self, place: Place, days: int, units: Units) -> Image:
        hourly = await self._forecasts.hourly(place.spot, days)
        rows, origin = [hour.in_units(units) for hour in hourly.rows], provenance(place, hourly)
        caption = " ".join(filter(None, (origin["notice"], origin["attribution"], f"Times of {hourly.timezone}.")))
        drawn = await self._charts.draw(place.title, rows, unit_of(units), caption)
        return Image(drawn, " ".join(filter(None, (_alt_text(rows, unit_of(units)), origin["notice"]))))


def _alt_text(hours: Sequence[Hour], unit: str) -> str:
    known = [hour.temperature for hour in hours if hour.temperature is not None]
    rain = sum(hour.precipitation_mm or 0.0 for hour in hours)
    wind = max((hour.wind_kmh for hour in hours if hour.wind_kmh is not None), default=0.0)
    between = f"between {min(known):g} and {max(known):g} {unit}" if known else "unknown"
    return (
        f"Chart by the hour from {hours[0].time.date()} to {hours[-1].time.date()}: temperature {between}, "
        f"{rain:.0f} mm of precipitation in all, wind up to {wind:.0f} km/h."
    )
