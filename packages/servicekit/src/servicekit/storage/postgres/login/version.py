"""The versions of PostgreSQL that servers work with."""

from typing import Any, Final

from servicekit.storage.postgres.login.failures import CannotConnect

OLDEST: Final = 14
"""The first with SQL function bodies that are parsed when they are created, which the migrations use."""
NEWEST: Final = 18
"""The newest that the servers are tested with. A newer one is not refused."""


def require_version(connection: Any) -> None:
    """Close a new connection to a server that is too old. Needs no query: a server sends its version at login.

    Raises:
        CannotConnect: the version is older than `OLDEST`.
    """
    version = connection.get_server_version()
    if version.major < OLDEST:
        shown = connection.get_settings().server_version
        connection.terminate()
        raise CannotConnect(
            f"PostgreSQL {OLDEST} or newer is needed; this is PostgreSQL {shown}",
            "Upgrade the database server, or correct the URL.",
        )
