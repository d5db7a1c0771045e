"""Open-Meteo's eight APIs: one upstream each, with a shared quota."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from servicekit.storage.redis.store import RedisStore
from servicekit.upstream import CountedQuota, FixedCredentials, Upstream, Window
from weather_mcp.models.status import Api, ApiState, QuotaLeft

_STATES: Final[Mapping[str, Literal["working", "being tried", "left alone"]]] = {
    "closed": "working",
    "half_open": "being tried",
    "open": "left alone",
}


class Apis:
    """Upstreams by API.

    Args:
        urls: base URL of each.
        key: API key of a commercial plan, sent in the query as Open-Meteo requires.
        quota: requests per minute, hour and day that the plan allows.
    """

    def __init__(
        self,
        urls: Mapping[Api, str],
        store: RedisStore | None,
        *,
        key: str | None,
        quota: tuple[int, int, int],
        timeout: float,
        connections: int,
    ) -> None:
        lengths = (("minutely", 60), ("hourly", 3600), ("daily", 86_400))
        windows = [Window(name, limit, length) for (name, length), limit in zip(lengths, quota, strict=True)]
        self._quota = CountedQuota("Open-Meteo", "open-meteo.com", windows, store)
        self._upstreams = {
            api: Upstream(
                "weather",
                f"Open-Meteo {api.replace('_', ' ')} API",
                url,
                credentials=FixedCredentials(query={"apikey": key} if key else {}),
                store=store,
                quota=self._quota,
                timeout=timeout,
                connections=connections,
            )
            for api, url in urls.items()
        }

    def __getitem__(self, api: Api) -> Upstream:
        return self._upstreams[api]

    @property
    def components(self) -> Sequence[Upstream]:
        """The upstreams, which start and stop with the server."""
        return list(self._upstreams.values())

    def apis(self) -> Sequence[ApiState]:
        """Each API with the state of its circuit breaker."""
        return [state_of(one) for one in self._upstreams.values()]

    async def quota(self) -> Sequence[QuotaLeft]:
        """The remaining quota of each window."""
        return [
            QuotaLeft(
                name=state.name,
                limit=state.limit,
                remaining=round(state.remaining, 1),
                resets_at=datetime.fromtimestamp(state.reset_at, UTC),
            )
            for state in await self._quota.states()
        ]


def state_of(upstream: Upstream) -> ApiState:
    """An API with the state of its circuit breaker."""
    return ApiState(name=upstream.name, state=_STATES[upstream.breaker.state])


def weight(variables: int, days: int) -> float:
    """The quota cost of a request: more than ten variables or two weeks count as several (Open-Meteo, pricing)."""
    by_variables = variables / 10
    return max(1.0, by_variables, by_variables * days / 14)
