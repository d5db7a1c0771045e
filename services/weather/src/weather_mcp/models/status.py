"""What this server depends on, as a caller may know it."""

from datetime import datetime
from typing import Literal

from servicekit.schema import Record

Api = Literal["forecast", "geocoding", "archive", "air_quality", "marine", "flood", "ensemble", "climate"]
"""The APIs of the source, each on a host of its own."""


class QuotaLeft(Record):
    """What is left of one limit of the source; it is back at `resets_at`, on the clock."""

    name: str
    limit: float
    remaining: float
    resets_at: datetime


class ApiState(Record):
    """One API of the source: working, or left alone after failures."""

    name: str
    state: Literal["working", "being tried", "left alone"]


class ServiceStatus(Record):
    """Where weather comes from, and whether more can be asked for."""

    source: str
    attribution: str
    charts: bool
    apis: list[ApiState]
    quota: list[QuotaLeft]
