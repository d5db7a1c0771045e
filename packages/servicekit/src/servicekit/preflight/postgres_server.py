"""Checks a database server: its version, clock, and whether it is the primary or a standby."""

from typing import Final

from servicekit.preflight.clock import compare_clocks
from servicekit.preflight.finding import Area
from servicekit.preflight.postgres_facts import Server
from servicekit.storage.postgres.login.version import NEWEST, OLDEST

TOLERATED_DELAY: Final = 10.0
"""Seconds that a replica may be behind without a warning."""


def check_server(area: Area, server: Server, leeway: float) -> None:
    """Check version and clock."""
    major = server.number // 10_000
    shown = f"PostgreSQL {server.version}"
    if major < OLDEST:
        area.fail("version", f"{shown} is not supported.", f"Upgrade to one of PostgreSQL {OLDEST} to {NEWEST}.")
    elif major > NEWEST:
        area.warn("version", f"{shown} is newer than what was tested.", f"Tested are {OLDEST} to {NEWEST}.")
    else:
        area.ok("version", f"{shown}.")
    compare_clocks(area, server.clock, server.asked, server.answered, leeway)


def check_primary(area: Area, server: Server, name: str) -> None:
    """Check that the server accepts writes."""
    if server.is_standby:
        area.fail(
            "primary",
            f"{name} leads to a standby, which accepts no writes.",
            "Use the primary's address, or name all hosts with target_session_attrs=read-write.",
        )
    else:
        area.ok("primary", "Accepts writes.")


def check_replica(area: Area, server: Server, name: str) -> None:
    """Check that the server is a standby, and how far it is behind."""
    if not server.is_standby:
        area.warn(
            "standby",
            f"{name} leads to a primary, so reads do not relieve it.",
            f"Use the replica's address, or unset {name}.",
        )
    elif server.delay is None:
        area.unknown("standby", "A standby; how far it is behind is not known.")
    elif server.delay > TOLERATED_DELAY:
        area.warn(
            "standby",
            f"The replica is {server.delay:.0f} s behind, so reads may be that old.",
            "Check its replication: network, load, long queries, and whether the primary writes at all.",
        )
    else:
        area.ok("standby", f"A standby, {server.delay:.1f} s behind.")
