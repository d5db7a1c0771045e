"""Poolers between a server and Postgres: whether there is one, and whether clients share its server connections.

A pooler gives its clients process ids of its own, so that it can pass on their cancel requests. Direct connections
have the process id of their session.
"""

import logging
from typing import Any, Final, Literal

import asyncpg

from servicekit.settings.database import Pooler

_logger = logging.getLogger(__name__)

Found = Literal["direct", "pooler", "transaction"]
"""What a probe found: no pooler; one that did not share sessions during the probe; one that does."""

_PROBES: Final = 10
_PROCESS: Final = "SELECT pg_backend_pid()"


async def probe_pooler(first: "asyncpg.Connection[Any]", second: "asyncpg.Connection[Any]") -> Found:
    """Find out what stands between two open connections of one role and Postgres. For `check` and for tests.

    ``pooler`` is session pooling, or transaction pooling whose other clients took the server connections during the
    probe. A pooler that relays the process ids of Postgres and never shared a connection is taken for ``direct``.

    Args:
        first, second: connections of one pool, both open until the probe ends. They should have no statement cache
            (``statement_cache_size=0``), or be of the class `TenantConnection`.
    """
    seen: dict[str, set[int]] = {"first": set(), "second": set()}
    for _ in range(_PROBES):
        seen["first"].add(await first.fetchval(_PROCESS))
        seen["second"].add(await second.fetchval(_PROCESS))
    # Two open sessions are two processes, and a session stays in its process.
    if seen["first"] & seen["second"] or any(len(processes) > 1 for processes in seen.values()):
        return "transaction"
    direct = seen["first"] == {first.get_server_pid()} and seen["second"] == {second.get_server_pid()}
    return "direct" if direct else "pooler"


class PoolerWatch:
    """Compares a pool's new connections with the setting `pooler`.

    Args:
        name: the pool.
    """

    def __init__(self, name: str, expected: Pooler) -> None:
        self._name = name
        self._expected = expected
        self.warning: str | None = None
        """What is wrong with the setting, for the health page; None while it is right."""

    async def is_absent(self, connection: Any) -> bool:
        """Whether a new connection reaches Postgres without a pooler. Not asked if the setting names one."""
        if self._expected != "direct":
            return False
        if await connection.fetchval(_PROCESS) == connection.get_server_pid():
            return True
        if self.warning is None:
            self.warning = "A pooler stands before Postgres. Set POOLER=transaction."
            _logger.warning("pooler found", extra={"component": self._name, "next_step": self.warning})
        return False
