"""The simulator as an ASGI application: eight APIs under different paths of one address."""

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from devkit.simulators.control import Control, Seen
from devkit.simulators.faults import Answer, Fault, Faults, Misbehaving
from devkit.simulators.weather.climate import Climate
from devkit.simulators.weather.elements import air, river, sea
from devkit.simulators.weather.places import search
from devkit.simulators.weather.query import ApiError, DateLimits, Query, parse_query
from devkit.simulators.weather.series import Series, time_blocks, times

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Open-Meteo simulator</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}
:root{color-scheme:light dark}</style>
<h1>Open-Meteo simulator</h1>
<p>This is not Open-Meteo, and its weather is invented. It serves the wire format of Open-Meteo's APIs for development
and tests.</p>
<p>Try <a href="/v1/search?name=Springfield">a search</a> or
<a href="/v1/forecast?latitude=64.14&longitude=-21.9&hourly=temperature_2m&timezone=auto">a forecast</a>.
<a href="/_simulator/requests">/_simulator/requests</a> lists the received requests. POST to /_simulator/faults injects
faults.</p></html>
"""
_FIRST = date(1940, 1, 1)
_ENSEMBLE_MEMBERS = 30
_LIMITS = {
    "rate_limit": "Minutely API request limit exceeded. Please try again in one minute.",
    "secondary_limit": "Too many concurrent requests",
}


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class WeatherSimulator:
    """The simulator, an ASGI application.

    Attributes:
        faults: pending faults.
        seen: received requests.
    """

    def __init__(self, clock: Callable[[], datetime] = _wall_clock) -> None:
        self._clock = clock
        self.faults = Faults()
        self.seen = Seen()
        apis = {
            "/v1/forecast": (_weather, DateLimits(7, 16)),
            "/v1/archive": (_weather, DateLimits(1, 1, _FIRST, dates_required=True)),
            "/v1/ensemble": (_ensemble, DateLimits(7, 36)),
            "/v1/air-quality": (_air, DateLimits(5, 7, date(2013, 1, 1))),
            "/v1/marine": (_sea, DateLimits(7, 16, _FIRST)),
            "/v1/flood": (river, DateLimits(92, 366, date(1984, 1, 1))),
            "/v1/climate": (_weather, DateLimits(7, 14, date(1950, 1, 1), date(2050, 12, 31), dates_required=True)),
        }
        routes = Starlette(
            routes=[
                Route("/", lambda _: HTMLResponse(_PAGE)),
                Route("/v1/search", self._search),
                *(Route(path, self._endpoint(blocks, limits)) for path, (blocks, limits) in apis.items()),
                *Control(self.faults, self.seen).routes,
            ]
        )
        self._app = Misbehaving(routes, self.faults, _refusal)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.seen.note(scope)
        await self._app(scope, receive, send)

    async def _search(self, request: Request) -> Response:
        query = request.query_params
        try:
            count = int(query.get("count", "10"))
        except ValueError:
            return _refused("Parameter 'count' must be a number")
        if not 1 <= count <= 100:
            return _refused("Parameter count must be between 1 and 100.")
        results = search(query.get("name", ""), count, query.get("countryCode"))
        return _answer({**({"results": results} if results else {}), "generationtime_ms": 0.42})

    def _endpoint(self, blocks: Callable[[Query, Climate], dict[str, Any]], limits: DateLimits) -> Any:
        async def endpoint(request: Request) -> Response:
            started = time.perf_counter()
            try:
                query = parse_query(request.query_params, limits, self._clock())
                climate = Climate(query.latitude, query.longitude, elevation=query.elevation)
                content = await run_in_threadpool(blocks, query, climate)
            except ApiError as error:
                return _refused(str(error))
            took = round((time.perf_counter() - started) * 1000, 3)
            return _answer({**_head(query, climate), "generationtime_ms": took, **content})

        return endpoint


def _head(query: Query, climate: Climate) -> dict[str, Any]:
    return {
        "latitude": climate.latitude,
        "longitude": climate.longitude,
        "utc_offset_seconds": query.offset,
        "timezone": query.zone_name,
        "timezone_abbreviation": query.now.astimezone(query.zone).tzname() or "GMT",
        "elevation": climate.elevation,
    }


def _weather(query: Query, climate: Climate) -> dict[str, Any]:
    series, content = Series(query, climate), dict[str, Any]()
    if query.lists["current"]:
        content |= series.current()
    if query.lists["hourly"]:
        units, values = series.hourly()
        content |= {"hourly_units": {"time": "iso8601", **units}, "hourly": {"time": times(query), **values}}
    if query.lists["daily"]:
        content |= series.daily()
    return content


def _air(query: Query, climate: Climate) -> dict[str, Any]:
    return time_blocks(query, air(climate))


def _sea(query: Query, climate: Climate) -> dict[str, Any]:
    return time_blocks(query, sea(climate))


def _ensemble(query: Query, _: Climate) -> dict[str, Any]:
    units, values = {"time": "iso8601"}, {"time": times(query)}
    for member in range(_ENSEMBLE_MEMBERS + 1):
        one = Series(query, Climate(query.latitude, query.longitude, member, query.elevation))
        more_units, more = one.hourly("" if member == 0 else f"_member{member:02}")
        units |= more_units
        values |= more
    return {"hourly_units": units, "hourly": values}


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, {"Server": "Open-Meteo simulator"})


def _refused(reason: str) -> Response:
    return _answer({"error": True, "reason": reason}, 400)


def _refusal(fault: Fault) -> Answer:
    """Open-Meteo's response for a fault; it sends no Retry-After."""
    if fault.kind in _LIMITS:
        return 429, {}, json.dumps({"error": True, "reason": _LIMITS[fault.kind]}).encode()
    return fault.status, {}, b'{"error":true,"reason":"Internal Server Error"}'
