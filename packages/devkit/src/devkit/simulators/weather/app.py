"""The simulator as an ASGI application: eight APIs and two warning services on one address, distinguished by path."""

import json
import time
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from devkit.loopback.guard import Guard
from devkit.simulators.control import Control, RequestLog
from devkit.simulators.faults import Answer, Fault, FaultMiddleware, Faults
from devkit.simulators.weather.climate import Climate
from devkit.simulators.weather.elements import air, river, sea
from devkit.simulators.weather.gazetteer import gazetteer
from devkit.simulators.weather.query import ApiError, Span, WeatherQuery, read
from devkit.simulators.weather.series import Series, made, times
from devkit.simulators.weather.variables import unknown
from devkit.simulators.weather.warnings import at_point, feed

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Open-Meteo simulator</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}
:root{color-scheme:light dark}</style>
<h1>Open-Meteo simulator</h1>
<p>This is not Open-Meteo, and its weather is not real. It serves Open-Meteo's APIs over a made-up climate, and
made-up warnings in the formats of the NWS and MeteoAlarm, for development and tests.</p>
<p><a href="/v1/search?name=Springfield">a search</a>,
<a href="/v1/forecast?latitude=64.14&longitude=-21.9&hourly=temperature_2m&timezone=auto">a forecast</a>,
requests received: <a href="/_simulator/requests">/_simulator/requests</a>. POST to /_simulator/faults to inject
faults.</p></html>
"""
_FIRST = date(1940, 1, 1)
_ENSEMBLES = {"icon_seamless": (39, 180), "ecmwf_ifs025": (50, 360)}
"""Members beside the control, and the hours that they reach."""
_MEMBER_STEP = 3  # hours
_LIMITS = {
    "rate_limit": "Minutely API request limit exceeded. Please try again in one minute.",
    "secondary_limit": "Too many concurrent requests",
}


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class WeatherSimulator:
    """The simulator's ASGI application.

    Attributes:
        faults: faults to inject.
        request_log: the requests received.
        routes: everything that it answers.

    Args:
        hosts: further names under which it is reached, with port.
    """

    def __init__(self, clock: Callable[[], datetime] = _wall_clock, hosts: Collection[str] = ()) -> None:
        self._clock = clock
        self._gazetteer = gazetteer()  # takes a second, which no request waits for
        self.faults = Faults()
        self.request_log = RequestLog()
        apis = {
            "/v1/forecast": (_weather, Span(7, 16)),
            "/v1/archive": (_weather, Span(1, 1, _FIRST, dates_required=True)),
            "/v1/ensemble": (_ensemble, Span(7, 36)),
            "/v1/air-quality": (lambda query, climate: made(query, air(climate)), Span(5, 7, date(2013, 1, 1))),
            "/v1/marine": (lambda query, climate: made(query, sea(climate)), Span(7, 16, _FIRST)),
            "/v1/flood": (river, Span(92, 366, date(1984, 1, 1))),
            "/v1/climate": (_weather, Span(7, 14, date(1950, 1, 1), date(2050, 12, 31), dates_required=True)),
        }
        self.routes: list[BaseRoute] = [
            Route("/", lambda _: HTMLResponse(_PAGE)),
            Route("/v1/search", self._search),
            Route("/alerts/active", self._nws),
            Route("/api/v1/warnings/feeds-{country}", self._meteoalarm),
            *(Route(path, self._endpoint(blocks, span)) for path, (blocks, span) in apis.items()),
            *Control(self.faults, self.request_log).routes,
        ]
        faulty = FaultMiddleware(Starlette(routes=self.routes), self.faults, _fault_response)
        self._app = Guard(self.request_log.before(faulty), hosts=hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _search(self, request: Request) -> Response:
        query = request.query_params
        try:
            count = int(query.get("count", "10"))
        except ValueError:
            return _refused("Parameter 'count' must be a number")
        if not 1 <= count <= 100:
            return _refused("Parameter count must be between 1 and 100.")
        name, language, country = query.get("name", ""), query.get("language", "en"), query.get("countryCode")
        results = await run_in_threadpool(self._gazetteer.search, name, count, language, country)
        return _answer({**({"results": results} if results else {}), "generationtime_ms": 0.42})

    async def _nws(self, request: Request) -> Response:
        """The alerts of api.weather.gov for a point."""
        if not request.headers.get("user-agent"):
            return _answer({"title": "Forbidden", "status": 403, "detail": "User-Agent is required."}, 403)
        try:
            return _answer(at_point(request.query_params.get("point", ""), self._clock()))
        except ValueError:
            detail = 'Parameter "point" is invalid: it must be latitude,longitude.'
            return _answer({"title": "Invalid Parameter", "status": 400, "detail": detail}, 400)

    async def _meteoalarm(self, request: Request) -> Response:
        """The feed of a country at feeds.meteoalarm.org."""
        content = feed(request.path_params["country"], self._clock())
        return _answer({"detail": "Not Found"}, 404) if content is None else _answer(content)

    def _endpoint(self, blocks: Callable[[WeatherQuery, Climate], dict[str, Any]], span: Span) -> Any:
        async def endpoint(request: Request) -> Response:
            started = time.perf_counter()
            try:
                query = read(request.query_params, span, self._clock())
                climate = Climate(query.latitude, query.longitude, elevation=query.elevation)
                content = await run_in_threadpool(blocks, query, climate)
            except ApiError as error:
                return _refused(str(error))
            took = round((time.perf_counter() - started) * 1000, 3)
            return _answer({**_head(query, climate), "generationtime_ms": took, **content})

        return endpoint


def _head(query: WeatherQuery, climate: Climate) -> dict[str, Any]:
    return {
        "latitude": climate.latitude,
        "longitude": climate.longitude,
        "utc_offset_seconds": query.offset,
        "timezone": query.zone_name,
        "timezone_abbreviation": query.now.astimezone(query.zone).tzname() or "GMT",
        "elevation": climate.elevation,
    }


def _weather(query: WeatherQuery, climate: Climate) -> dict[str, Any]:
    series, content = Series(query, climate), dict[str, Any]()
    if query.lists["current"]:
        content |= series.current()
    if query.lists["minutely_15"]:
        content |= series.minutely_15()
    if query.lists["hourly"]:
        units, values = series.hourly()
        content |= {"hourly_units": {"time": "iso8601", **units}, "hourly": {"time": times(query), **values}}
    if query.lists["daily"]:
        content |= series.daily()
    return content


def _ensemble(query: WeatherQuery, _: Climate) -> dict[str, Any]:
    if len(query.models) != 1 or (model := query.models[0]) not in _ENSEMBLES:
        raise unknown("EnsembleMultiDomains", ",".join(query.models))
    members, reached = _ENSEMBLES[model]
    begin = query.now.replace(hour=0, minute=0, second=0, microsecond=0)
    known = sum(instant <= begin + timedelta(hours=reached) for _, instant in query.all_hours)
    units, values = {"time": "iso8601"}, dict[str, Any](time=times(query))
    for member in range(members + 1):
        one = Series(query, Climate(query.latitude, query.longitude, member, query.elevation))
        more_units, more = one.hourly(
            "" if member == 0 else f"_member{member:02}", known, _MEMBER_STEP if member else 1
        )
        units |= more_units
        values |= more
    return {"hourly_units": units, "hourly": values}


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, {"Server": "Open-Meteo simulator"})


def _refused(reason: str) -> Response:
    return _answer({"error": True, "reason": reason}, 400)


def _fault_response(fault: Fault) -> Answer:
    """The response of a fault in Open-Meteo's format, which has no Retry-After."""
    if fault.kind in _LIMITS:
        return 429, {}, json.dumps({"error": True, "reason": _LIMITS[fault.kind]}).encode()
    return fault.status, {}, b'{"error":true,"reason":"Internal Server Error"}'
