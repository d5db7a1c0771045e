"""Compares the connections that all replicas may open with those that the database servers allow."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from servicekit.preflight.finding import Area
from servicekit.preflight.postgres_facts import Server
from servicekit.preflight.variables import variable
from servicekit.settings.database import DatabaseSettings

_SPARE: Final = 3
"""Connections for a migration, an export of the audit trail and a person, beside the servers'."""


def check_capacity(
    area: Area, settings: DatabaseSettings, servers: Mapping[str, Server], pooled: Collection[str], pods: int | None
) -> None:
    """Compare pods x pools x CONNECTIONS with `max_connections` of each server.

    Args:
        servers: what each role's server said; a role whose server did not answer is absent.
        pooled: roles behind a pooler, whose limits cannot be seen from here.
        pods: the number of replicas; None where it is not known.
    """
    serving = {role: server for role, server in servers.items() if role != "owner"}
    if behind := [role for role in serving if role in pooled]:
        if pods is None:
            clients = f"Each pod needs {settings.connections} clients of max_client_conn for each role."
        else:
            clients = (
                f"For {pods} pods, max_client_conn must allow {pods * settings.connections} clients for each role."
            )
        area.unknown(
            "connections",
            f"A pooler is before the {' and the '.join(behind)}, and its limits cannot be seen from here.",
            f"{clients} Keep default_pool_size times the roles below max_connections.",
        )
        serving = {role: server for role, server in serving.items() if role not in behind}
    elif not serving:
        area.unknown("connections", "No database answered.")
    for started, pools in Counter(server.started for server in serving.values()).items():
        roles = [role for role, server in serving.items() if server.started == started]
        _compare(area, settings, serving[roles[0]], roles, pools, pods)
    for role, server in serving.items():
        if server.role_limit is not None and server.role_limit < (pods or 1) * settings.connections:
            area.fail(
                "connections",
                f"{server.role} may open {server.role_limit} connections; {pods or 1} pods need "
                f"{(pods or 1) * settings.connections} for the {role}.",
                f"ALTER ROLE {server.role} CONNECTION LIMIT -1.",
            )


def _compare(
    area: Area, settings: DatabaseSettings, server: Server, roles: list[str], pools: int, pods: int | None
) -> None:
    allowed = min(server.free_for_roles, server.database_limit or server.free_for_roles) - _SPARE
    each = pools * settings.connections
    fit = max(allowed // each, 0)
    where = f"max_connections = {server.max_connections} leaves {allowed} for the {' and the '.join(roles)}"
    if pods is None and fit > 1:
        area.ok("connections", f"{where}: enough for {fit} pods of {each}. Compare with --pods.")
    elif fit >= (pods or 2):
        area.ok("connections", f"{where}: enough for {pods} pods of {each}.")
    else:
        wanted = pods or 2
        each_pool = allowed // (wanted * pools)
        lower = (
            f"Set {variable(settings, 'connections')} to {each_pool} or less, or raise" if each_pool > 0 else "Raise"
        )
        area.fail(
            "connections",
            f"{where}; {wanted} pods may open {wanted * each} ({wanted} x {pools} x {settings.connections}).",
            f"{lower} max_connections to {wanted * each + server.max_connections - allowed}, or use a pooler.",
        )
