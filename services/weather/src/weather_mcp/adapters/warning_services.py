"""Official warnings of the US National Weather Service (NWS) and of MeteoAlarm (EUMETNET)."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from servicekit.core import NotStrictJson, Refused, Unavailable
from servicekit.schema import Missing
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream import CachePolicy, Upstream, UpstreamResponse, request_refused, said_by
from weather_mcp.adapters.cap import entries_in, features_in, warnings_at_point, warnings_in_feed
from weather_mcp.models.locations import Place
from weather_mcp.models.warnings import SEVERITIES, OfficialWarning, Service, WarningsThere, in_order, not_known
from weather_mcp.models.zone_countries import country_of_zone

_NAMES: Final[dict[Service, str]] = {"nws": "US National Weather Service", "meteoalarm": "EUMETNET - MeteoAlarm"}
_AMERICAN: Final = frozenset({"US", "PR", "GU", "VI", "AS", "MP"})
# The names of countries in the addresses of MeteoAlarm's feeds (https://feeds.meteoalarm.org).
_FEEDS: Final = {
    "AD": "andorra", "AT": "austria", "BA": "bosnia-herzegovina", "BE": "belgium", "BG": "bulgaria",
    "CH": "switzerland", "CY": "cyprus", "CZ": "czechia", "DE": "germany", "DK": "denmark", "EE": "estonia",
    "ES": "spain", "FI": "finland", "FR": "france", "GB": "united-kingdom", "GR": "greece", "HR": "croatia",
    "HU": "hungary", "IE": "ireland", "IL": "israel", "IS": "iceland", "IT": "italy", "LT": "lithuania",
    "LU": "luxembourg", "LV": "latvia", "MD": "moldova", "ME": "montenegro",
    "MK": "republic-of-north-macedonia", "MT": "malta", "NL": "netherlands", "NO": "norway", "PL": "poland",
    "PT": "portugal", "RO": "romania", "RS": "serbia", "SE": "sweden", "SI": "slovenia", "SJ": "norway",
    "SK": "slovakia", "UA": "ukraine",
}  # fmt: skip
_FRESH: Final = 120.0  # seconds
_MAX_BYTES: Final = 24 * 1024 * 1024  # Germany's feed has had 5 MB
_READ_ONCE: Final = CachePolicy(fresh=_FRESH)


class WarningServices:
    """Implements `Warnings`.

    Args:
        urls: base URL of each service to read.
    """

    def __init__(self, urls: dict[Service, str], store: RedisStore | None, *, timeout: float, connections: int) -> None:
        self._upstreams = {
            service: Upstream(
                "weather",
                _NAMES[service],
                url,
                store=store,
                headers={"Accept": "application/geo+json"} if service == "nws" else None,
                timeout=timeout,
                connections=connections,
                max_bytes=_MAX_BYTES,
            )
            for service, url in urls.items()
        }
        self._feeds: dict[str, tuple[float, list[Any]]] = {}  # the shared store takes no feed as large as Germany's

    @property
    def components(self) -> Sequence[Upstream]:
        """The upstreams, which start and stop with the server."""
        return list(self._upstreams.values())

    async def at(self, place: Place, zone: str) -> WarningsThere:
        """The warnings in force at a place, whose country its zone gives where the place itself has none."""
        if not self._upstreams:
            return WarningsThere(None)
        country = place.country_code or country_of_zone(zone)
        try:
            if country in _AMERICAN and "nws" in self._upstreams:
                return await self._at_point(self._upstreams["nws"], place)
            if country in _FEEDS and "meteoalarm" in self._upstreams:
                return await self._in_feed(self._upstreams["meteoalarm"], _FEEDS[country], place)
        except (Refused, Unavailable) as failure:
            return WarningsThere([], [not_known(str(failure))])
        covered = " and ".join(upstream.name for upstream in self._upstreams.values())
        return WarningsThere([], [not_known(f"This server reads those of {covered}, which do not cover that place.")])

    async def _at_point(self, upstream: Upstream, place: Place) -> WarningsThere:
        point = f"{round(place.latitude, 4):g},{round(place.longitude, 4):g}"
        reply = await upstream.get(["alerts", "active"], {"point": point}, cache_policy=_READ_ONCE, check=features_in)
        found, unreadable = warnings_at_point(_content(upstream.name, reply, features_in), upstream.name)
        return WarningsThere(in_order(found), _unreadable(unreadable))

    async def _in_feed(self, upstream: Upstream, feed: str, place: Place) -> WarningsThere:
        spot, names = (place.latitude, place.longitude), (place.name, place.region)
        entries = await self._entries(upstream, feed)
        found, elsewhere, unreadable = warnings_in_feed(entries, upstream.name, spot, names)
        return WarningsThere(in_order(found), [*_unplaced(elsewhere), *_unreadable(unreadable)])

    async def _entries(self, upstream: Upstream, feed: str) -> list[Any]:
        read, entries = self._feeds.get(feed, (0.0, []))
        if read and time.monotonic() - read < _FRESH:
            return entries
        path = ["api", "v1", "warnings", f"feeds-{feed}"]
        reply = await upstream.get(path, cache_policy=_READ_ONCE, check=entries_in)
        entries = _content(upstream.name, reply, entries_in)
        self._feeds[feed] = time.monotonic(), entries
        return entries


def _content(name: str, reply: UpstreamResponse, listed: Callable[[Any], list[Any]]) -> list[Any]:
    """The list in a response.

    Raises:
        UpstreamFailed: the service refused.
    """
    if reply.ok:
        return listed(reply.json())
    try:
        body = reply.json()
    except NotStrictJson:
        body = None
    raise request_refused(name, reply.status, said_by(name, [body.get("detail")]) if isinstance(body, dict) else "")


def _unplaced(warnings: Sequence[OfficialWarning]) -> list[Missing]:
    """Warnings of the country that may concern the place or not."""
    if not warnings:
        return []
    worst = min(warnings, key=lambda one: SEVERITIES.index(one.severity)).severity
    return [
        not_known(
            f"{len(warnings)} of this country (at worst {worst}) without an outline, for areas of other names: may or "
            "may not concern this place."
        )
    ]


def _unreadable(number: int) -> list[Missing]:
    return [not_known(f"{number} could not be read.")] if number else []
