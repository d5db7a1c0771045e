"""Checks what stands between the server and Postgres against the setting POOLER."""

from typing import Any

from servicekit.core.errors import Unavailable
from servicekit.preflight.finding import Area
from servicekit.preflight.variables import variable
from servicekit.settings.database import DatabaseSettings
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.pooler import Found, probe_pooler


async def check_pooler(area: Area, database: Database, connection: Any, settings: DatabaseSettings) -> Found | None:
    """Look for a pooler with a second connection. Returns what was found; None where it could not look."""
    try:
        async with database.without_tenant() as second:
            other: Any = second
            found = await probe_pooler(connection, other)
    except Unavailable:
        area.unknown("pooler", "No second connection was free, so no pooler could be looked for.")
        return None
    name = variable(settings, "pooler")
    kind = {"direct": "No pooler", "pooler": "A pooler", "transaction": "A pooler that shares sessions"}[found]
    if (found == "direct") == (settings.pooler == "direct"):
        area.ok("pooler", f"{kind} was found, as {name} says.")
    elif found == "direct":
        area.warn(
            "pooler",
            f"No pooler was found, and {name} is {settings.pooler}, which is slower.",
            f"Set {name} to direct, unless the pooler hides itself.",
        )
    else:
        area.warn("pooler", f"{kind} was found, and {name} is direct.", f"Set {name} to transaction.")
    return found
