"""Tools for current weather and forecasts."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused, Unavailable
from servicekit.schema import Clamped, Missing, WithAttachments, cut_notice
from weather_mcp.models.agreement import NOT_ALL_MEMBERS, TOO_FEW_HOURS, confidence_by_day
from weather_mcp.models.charts import Chart, forecast_chart
from weather_mcp.models.forecasts import Confidence, CurrentWeather, Day, Days, Forecast, Hour, HourlyForecast, Hours
from weather_mcp.models.gaps import (
    DAY_PARTS,
    HOUR_PARTS,
    NOW_PARTS,
    days_not_known,
    gaps,
    hours_not_known,
    hours_not_reached,
)
from weather_mcp.models.identifiers import Location
from weather_mcp.models.locations import Place
from weather_mcp.models.ranges import MOST_DAYS, days_needed, elsewhere, forecast_end, range_of
from weather_mcp.models.readings import Series, provenance
from weather_mcp.models.rows_in_range import in_range
from weather_mcp.models.time_texts import FromText, ToText
from weather_mcp.models.unit_names import UnitsText
from weather_mcp.models.units import Units
from weather_mcp.ports import ChooseUnits, Forecasts
from weather_mcp.tools.locator import Locator
from weather_mcp.tools.pictures import Pictures, WithChart

EnsembleDays = Annotated[int, Field(ge=1, le=10, description="Days from today, 1 to 10."), Clamped(least=False)]

_CHART_DAYS = 7
_MOST_HOURS = 168


class ForecastTools:
    def __init__(self, locator: Locator, forecasts: Forecasts, pictures: Pictures, units: ChooseUnits) -> None:
        self._locator = locator
        self._forecasts = forecasts
        self._pictures = pictures
        self._units = units

    async def get_current_weather(self, location: Location, units: UnitsText = None) -> CurrentWeather:
        """Current weather (temperature): how warm or cold it is outside right now, whether it is raining or windy,
        clouds, pressure. State its time."""
        place, chosen = await self._locator.place(location), await self._units(units)
        series = await self._forecasts.current(place.spot)
        missing = gaps(series.rows[:1], NOW_PARTS)
        weather = chosen.shown(series.rows[0])
        return CurrentWeather(**provenance(place, series, missing=missing, units=chosen), weather=weather)

    async def get_forecast(
        self, location: Location, days: Days = 7, units: UnitsText = None, chart: WithChart = False
    ) -> WithAttachments[Forecast]:
        """Weather forecast for tomorrow, the next days, week or weekend: high and low, rain, snow, wind, sunrise,
        sunset; what to wear.

        Call days beyond a week uncertain.
        """
        place, chosen = await self._locator.place(location), await self._units(units)
        series = await self._forecasts.daily(place.spot, days)
        shown = min(days, _CHART_DAYS)
        pictures, notice = await self._pictures.after(chart, place, partial(self._hours, place, shown, chosen))
        if pictures and days > shown:
            notice = f"The chart shows the first {shown} of {days} days."
        return WithAttachments(daily_forecast(place, series, days, chosen, notice), pictures)

    async def get_hourly_forecast(
        self,
        location: Location,
        hours: Hours = 24,
        from_: FromText = None,
        to: ToText = None,
        units: UnitsText = None,
    ) -> HourlyForecast:
        """Weather forecast hour by hour, for today, this afternoon, tonight, tomorrow morning, a trip: temperature,
        when rain starts or stops, umbrella or not. At most a week long."""
        place, chosen = await self._locator.place(location), await self._units(units)
        length = timedelta(hours=hours)
        needed = max((hours + 23) // 24 + 1, days_needed(from_, to, length))
        series = await self._forecasts.hourly(place.spot, min(needed, MOST_DAYS))
        notice, reached = None, list[Missing]()
        if (wanted := range_of(from_, to, series.origin.now)) is not None:
            latest = None if needed >= MOST_DAYS else forecast_end(series.origin.now)
            lasting = wanted.lasting(length - timedelta(hours=1))
            rows, notice = in_range(series.rows, lasting, _time, elsewhere(wanted, series.origin.now), latest)
            if len(rows) > _MOST_HOURS:
                step = f"Continue with from={rows[_MOST_HOURS].time.isoformat()}."
                cut = cut_notice(_MOST_HOURS, len(rows), "hours", step)
                notice = " ".join(filter(None, (cut, wanted.reading)))
            rows = rows[: hours if wanted.is_open else _MOST_HOURS]
        else:
            rows = [hour for hour in series.rows if hour.time > series.origin.now][:hours]
            reached = hours_not_reached((hour.time for hour in rows), series.origin.now + length)
        missing = [*gaps(rows, HOUR_PARTS), *reached]
        return HourlyForecast(
            **provenance(place, series, notice, missing, chosen),
            hours=[chosen.shown(hour) for hour in rows],
        )

    async def get_forecast_confidence(
        self, location: Location, days: EnsembleDays = 7, units: UnitsText = None
    ) -> Confidence:
        """How sure (reliable) a forecast is and how far to trust it, by day: chance of rain and of frost at night, and
        how far 40 to 50 models agree."""
        place, chosen = await self._locator.place(location), await self._units(units)
        series = await self._forecasts.ensemble(place.spot, days)
        if not (sure := confidence_by_day(series.rows, chosen)):
            raise Refused("The ensemble covers none of those days completely. Try a place nearby.")
        today = series.origin.now.date()
        known = [day.date for day in sure]
        midnight = series.origin.now.replace(hour=0, minute=0, second=0, microsecond=0)
        missing = [
            *days_not_known(known, today, today + timedelta(days=days - 1), TOO_FEW_HOURS),
            *hours_not_known((hour.time for hour in series.rows), midnight, known, NOT_ALL_MEMBERS),
        ]
        return Confidence(
            **provenance(place, series, missing=missing, units=chosen),
            members=len(series.rows[0].temperature),
            days=sure,
        )

    async def _hours(self, place: Place, days: int, units: Units) -> tuple[Series[Hour], Chart]:
        """The hours of the chart, with the range of the ensemble; without it if it cannot be had."""
        hourly = await self._forecasts.hourly(place.spot, days)
        try:
            members = (await self._forecasts.ensemble(place.spot, days)).rows
        except (Refused, Unavailable):
            members = []
        return hourly, forecast_chart(place.title, [units.shown(hour) for hour in hourly.rows], units, members)


def daily_forecast(place: Place, series: Series[Day], days: int, units: Units, notice: str | None = None) -> Forecast:
    """The forecast of `days` days, with what it lacks."""
    today = series.origin.now.date()
    known = [day.date for day in series.rows]
    missing = [*gaps(series.rows, DAY_PARTS, "date"), *days_not_known(known, today, today + timedelta(days=days - 1))]
    return Forecast(
        **provenance(place, series, notice, missing, units),
        days=[units.shown(day) for day in series.rows],
    )


def _time(hour: Hour) -> datetime:
    return hour.time
