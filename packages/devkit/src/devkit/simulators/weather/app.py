"""The simulator as an ASGI application: eight APIs on one address, told apart by their paths."""

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
from devkit.simulators.weather.places import found
from devkit.simulators.weather.query import ApiError, Ask, Span, read
from devkit.simulators.weather.series import Series, made, times

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Open-Meteo simulator</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}
:root{color-scheme:light dark}</style>
<h1>Open-Meteo simulator</h1>
<p>This is not Open-Meteo, and no weather that it tells is real. It speaks the wire format of Open-Meteo's APIs over a
climate that is made up, for development and tests.</p>
<p><a href="/v1/search?name=Springfield">a search</a>,
<a href="/v1/forecast?latitude=64.14&longitude=-21.9&hourly=temperature_2m&timezone=auto">a forecast</a>,
requests so far: <a href="/_simulator/requests">/_simulator/requests</a>. POST to /_simulator/faults to make it
misbehave.</p></html>
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
    """The whole simulator; an ASGI application.

    Attributes:
        faults: what to do wrong.
        seen: every request that came in.
    """

    def __init__(self, clock: Callable[[], datetime] = _wall_clock) -> None:
        self._clock = clock
        self.faults = Faults()
        self.seen = Seen()
        apis = {
            "/v1/forecast": (_weather, Span(7, 16)),
            "/v1/archive": (_weather, Span(1, 1, _FIRST, dates_required=True)),
            "/v1/ensemble": (_ensemble, Span(7, 36)),
            "/v1/air-quality": (lambda ask, climate: made(ask, air(climate)), Span(5, 7, date(2013, 1, 1))),
            "/v1/marine": (lambda ask, climate: made(ask, sea(climate)), Span(7, 16, _FIRST)),
            "/v1/flood": (river, Span(92, 366, date(1984, 1, 1))),
            "/v1/climate": (_weather, Span(7, 14, date(1950, 1, 1), date(2050, 12, 31), dates_required=True)),
        }
        routes = Starlette(
            routes=[
                Route("/", lambda _: HTMLResponse(_PAGE)),
                Route("/v1/search", self._search),
                *(Route(path, self._endpoint(blocks, span)) for path, (blocks, span) in apis.items()),
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
        results = found(query.get("name", ""), count, query.get("countryCode"))
        return _answer({**({"results": results} if results else {}), "generationtime_ms": 0.42})

    def _endpoint(self, blocks: Callable[[Ask, Climate], dict[str, Any]], span: Span) -> Any:
        async def endpoint(request: Request) -> Response:
            started = time.perf_counter()
            try:
                ask = read(request.query_params, span, self._clock())
                climate = Climate(ask.latitude, ask.longitude, elevation=ask.elevation)
                content = await run_in_threadpool(blocks, ask, climate)
            except ApiError as error:
                return _refused(str(error))
            took = round((time.perf_counter() - started) * 1000, 3)
            return _answer({**_head(ask, climate), "generationtime_ms": took, **content})

        return endpoint


def _head(ask: Ask, climate: Climate) -> dict[str, Any]:
    return {
        "latitude": climate.latitude,
        "longitude": climate.longitude,
        "utc_offset_seconds": ask.offset,
        "timezone": ask.zone_name,
        "timezone_abbreviation": ask.now.astimezone(ask.zone).tzname() or "GMT",
        "elevation": climate.elevation,
    }


def _weather(ask: Ask, climate: Climate) -> dict[str, Any]:
    series, content = Series(ask, climate), dict[str, Any]()
    if ask.lists["current"]:
        content |= series.current()
    if ask.lists["hourly"]:
        units, values = series.hourly()
        content |= {"hourly_units": {"time": "iso8601", **units}, "hourly": {"time": times(ask), **values}}
    if ask.lists["daily"]:
        content |= series.daily()
    return content


def _ensemble(ask: Ask, _: Climate) -> dict[str, Any]:
    units, values = {"time": "iso8601"}, {"time": times(ask)}
    for member in range(_ENSEMBLE_MEMBERS + 1):
        one = Series(ask, Climate(ask.latitude, ask.longitude, member, ask.elevation))
        more_units, more = one.hourly("" if member == 0 else f"_member{member:02}")
        units |= more_units
        values |= more
    return {"hourly_units": units, "hourly": values}


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, {"Server": "Open-Meteo simulator"})


def _refused(reason: str) -> Response:
    return _answer({"error": True, "reason": reason}, 400)


def _refusal(fault: Fault) -> Answer:
    """A fault in Open-Meteo's own words; it sends no Retry-After."""
    if fault.kind in _LIMITS:
        return 429, {}, json.dumps({"error": True, "reason": _LIMITS[fault.kind]}).encode()
    return fault.status, {}, b'{"error":true,"reason":"Internal Server Error"}'
