"""State of the data source, as shown to callers."""

from datetime import datetime
from typing import Literal

from servicekit.schema import Record

Api = Literal["forecast", "geocoding", "archive", "air_quality", "marine", "flood", "ensemble", "climate"]
"""The source's APIs, each on its own host."""


class QuotaLeft(Record):
    """The remaining quota of one limit of the source, which resets at `resets_at`."""

    name: str
    limit: float
    remaining: float
    resets_at: datetime


class ApiState(Record):
    """One API of the source: working, or paused after failures (circuit breaker)."""

    name: str
    state: Literal["working", "being tried", "left alone"]


class ServiceStatus(Record):
    """The data source, its APIs and its remaining quota; also the services of official warnings that are read."""

    source: str
    attribution: str
    charts: bool
    apis: list[ApiState]
    quota: list[QuotaLeft]
