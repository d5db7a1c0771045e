"""Implements the ports over Open-Meteo (https://open-meteo.com/en/docs).

Requests use the centre of a grid cell, one of a few horizons, and metric units, so that callers in the same cell share
one cached response; units are converted afterwards.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from servicekit.core import Refused
from servicekit.upstream import CachePolicy, Query, UpstreamResponse
from weather_mcp.adapters import products
from weather_mcp.adapters.apis import Apis, weight
from weather_mcp.adapters.gazetteer import entries_in
from weather_mcp.adapters.products import Product
from weather_mcp.adapters.sea_wind import with_wind
from weather_mcp.adapters.wire import ZONE_REFUSED, ApiResponse, is_zone_refused, parse_response
from weather_mcp.models.agreement import Members
from weather_mcp.models.elements import Air, Flow, Sea
from weather_mcp.models.forecasts import Day, Hour
from weather_mcp.models.gazetteer import Entry
from weather_mcp.models.locations import Spot
from weather_mcp.models.rain import Quarter
from weather_mcp.models.readings import Origin, Series

Row = TypeVar("Row")

_HORIZONS: Final = (3, 5, 8, 16)
_SETTLED_AFTER: Final = timedelta(days=90)  # the final reanalysis has replaced the preliminary one by then
_SHORT_ENSEMBLE: Final = ("icon_seamless", 40)
_LONG_ENSEMBLE: Final = ("ecmwf_ifs025", 51)
"""Name and members, each of which counts as its own variable. The short one is finer, and ends after 7.5 days."""
_SHORT_DAYS: Final = 7
_LONG_HORIZON: Final = 11
_QUARTERS: Final = 16  # two hours, the current quarter, and as many as a cached response is late
_CLIMATE_MODEL: Final = "EC_Earth3P_HR"
_SEARCHED: Final = 100  # Open-Meteo's maximum: a place in a given region may be far down the list


class OpenMeteo:
    """Implements `Gazetteer`, `Forecasts`, `Archive` and `Elements`.

    Args:
        source: the source named in results.
    """

    def __init__(self, apis: Apis, source: str) -> None:
        self._apis = apis
        self._source = source

    async def search(self, name: str, *, language: str = "en", country: str | None = None) -> Sequence[Entry]:
        """Places by name or postal code."""
        query: Query = {
            "name": name, "count": _SEARCHED, "language": language, "format": "json", "countryCode": country,
        }  # fmt: skip
        upstream = self._apis["geocoding"]
        reply = await upstream.get(["v1", "search"], query, cache_policy=products.NAMES, check=entries_in)
        return parse_response(reply, upstream.name, entries_in)

    async def current(self, spot: Spot) -> Series[Hour]:
        """The latest quarter of an hour."""
        return await self._read(products.NOW, spot, {"forecast_days": 1})

    async def daily(self, spot: Spot, days: int) -> Series[Day]:
        """From today."""
        horizon = _horizon(days)
        series = await self._read(products.DAYS, spot, {"forecast_days": horizon}, days=horizon)
        return _from_today(series, days, lambda day: day.date)

    async def hourly(self, spot: Spot, days: int) -> Series[Hour]:
        """From the first hour of today."""
        horizon = _horizon(days)
        series = await self._read(products.HOURS, spot, {"forecast_days": horizon}, days=horizon)
        return _from_today(series, days, lambda hour: hour.time.date())

    async def today(self, spot: Spot) -> Series[Day]:
        """Today, in the zone of the place."""
        series = await self._read(products.DAYS_AROUND, spot, {"forecast_days": _horizon(1)})
        return _from_today(series, 1, lambda day: day.date)

    async def around_today(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Days from `first` to `last`, past or coming."""
        return await self._read(products.DAYS_AROUND, spot, _span(first, last), days=_length(first, last))

    async def quarters(self, spot: Spot) -> Series[Quarter]:
        """From the current quarter of an hour."""
        return await self._read(products.QUARTERS, spot, {"forecast_minutely_15": _QUARTERS})

    async def ensemble(self, spot: Spot, days: int) -> Series[Members]:
        """Forty members for a week, 51 for ten days."""
        model, members = _SHORT_ENSEMBLE if days <= _SHORT_DAYS else _LONG_ENSEMBLE
        horizon = _horizon(days) if days <= _SHORT_DAYS else _LONG_HORIZON
        query: Query = {"forecast_days": horizon, "models": model}
        series = await self._read(products.ENSEMBLE, spot, query, days=horizon, members=members)
        return _from_today(series, days, lambda hour: hour.time.date())

    async def days(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Past days."""
        return await self._archived(products.PAST_DAYS, spot, first, last)

    async def period(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Past days with few values."""
        return await self._archived(products.PERIOD_DAYS, spot, first, last)

    async def projected(self, spot: Spot, first: date, last: date) -> Series[Day]:
        """Days from a climate model."""
        query: Query = {**_span(first, last), "models": _CLIMATE_MODEL}
        return await self._read(products.PROJECTED_DAYS, spot, query, days=_length(first, last))

    async def air(self, spot: Spot) -> Series[Air]:
        """Hours from now."""
        return await self._read(products.AIR, spot, {"forecast_hours": 96})

    async def sea(self, spot: Spot) -> Series[Sea]:
        """Hours from now, with their wind."""
        hours: Query = {"forecast_hours": 168}
        waves = self._read(products.SEA, spot, {**hours, "cell_selection": "sea"})
        wind = self._read(products.WIND, spot, hours)
        return with_wind(*await asyncio.gather(waves, wind, return_exceptions=True))

    async def river(self, spot: Spot) -> Series[Flow]:
        """The past three months and the next three weeks."""
        return await self._read(products.RIVER, spot, {"past_days": 92, "forecast_days": 21}, days=113)

    async def _archived(self, product: Product[Day], spot: Spot, first: date, last: date) -> Series[Day]:
        settled = datetime.now(UTC).date() - last > _SETTLED_AFTER
        cache_policy = None if settled else products.RECENT
        days = _length(first, last)
        return await self._read(product, spot, _span(first, last), days=days, cache_policy=cache_policy)

    async def _read(
        self,
        product: Product[Row],
        spot: Spot,
        query: Query,
        *,
        days: int = 1,
        cache_policy: CachePolicy | None = None,
        members: int = 1,
    ) -> Series[Row]:
        """A product for the grid cell of a spot."""
        upstream, cell = self._apis[product.api], spot.cell(product.cell)
        asked: Query = {
            "latitude": cell.latitude,
            "longitude": cell.longitude,
            "elevation": cell.elevation_m if product.is_of_the_ground else None,
            product.block: list(product.columns.values()),
            **query,
        }
        for zone in ("auto", "GMT"):
            reply = await upstream.get(
                ["v1", product.path],
                {**asked, "timezone": zone},
                cache_policy=cache_policy or product.cache_policy,
                cost=weight(len(product.columns) * members, days),
                check=lambda content: _rows_of(product, content),
            )
            if not is_zone_refused(reply):
                break
        series = parse_response(reply, upstream.name, lambda content: self._series(product, content, reply))
        return series if zone == "auto" else replace(series, notice=ZONE_REFUSED)

    def _series(self, product: Product[Row], content: Any, reply: UpstreamResponse) -> Series[Row]:
        response, rows = _rows_of(product, content)
        origin = Origin(self._source, reply.time, reply.stale, datetime.now(response.clock.zone))
        return Series(rows, response.zone_name, response.elevation, origin, response.notice)


def _rows_of(product: Product[Row], content: Any) -> tuple[ApiResponse, list[Row]]:
    response = ApiResponse.model_validate(content)
    if not (rows := product.rows(response)):
        raise ValueError("no rows")
    return response, rows


def _span(first: date, last: date) -> dict[str, str]:
    return {"start_date": first.isoformat(), "end_date": last.isoformat()}


def _length(first: date, last: date) -> int:
    return (last - first).days + 1


def _horizon(days: int) -> int:
    """The next longer of a few shared horizons; longer, because a cached response may cross midnight."""
    return next((horizon for horizon in _HORIZONS if horizon > days), _HORIZONS[-1])


def _from_today(series: Series[Row], days: int, day_of: Callable[[Row], date]) -> Series[Row]:
    """The rows of `days` local days; a cached response may begin with yesterday."""
    first = series.origin.now.date()
    last = first + timedelta(days=days - 1)
    rows = [row for row in series.rows if first <= day_of(row) <= last]
    if not rows:
        raise Refused("Open-Meteo has no data for those days at that place. Try a place nearby.")
    return replace(series, rows=rows)
