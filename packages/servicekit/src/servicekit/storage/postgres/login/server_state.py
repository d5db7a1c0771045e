"""Whether a server has the state that ``target_session_attrs`` wants."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

_IN_RECOVERY: Final = "SELECT WHERE pg_catalog.pg_is_in_recovery()"
"""Its command tag tells, so that the simple protocol does: a pooler then sees no statement with a name."""
_READ_ONLY: Final = "default_transaction_read_only"


async def fits(target: str, connection: Any, sent: Mapping[str, str]) -> bool:
    """Whether the server of a new connection is the wanted one.

    Args:
        target: one of libpq's, or ``prefer-primary``; ``any`` is not asked about.
        sent: settings that the connection was opened with. One that makes it read-only says nothing of the server.
    """
    settings = connection.get_settings()
    standby = getattr(settings, "in_hot_standby", None)  # reported from PostgreSQL 14 on, and not by every pooler
    if standby is None:
        standby = "on" if await asyncpg.Connection.execute(connection, _IN_RECOVERY) == "SELECT 1" else "off"
    is_standby = standby == "on"
    reads_only = is_standby or (_READ_ONLY not in sent and getattr(settings, _READ_ONLY, "off") == "on")
    wanted = {
        "primary": not is_standby,
        "prefer-primary": not is_standby,
        "standby": is_standby,
        "prefer-standby": is_standby,
        "read-write": not reads_only,
        "read-only": reads_only,
    }
    return bool(wanted[target])
