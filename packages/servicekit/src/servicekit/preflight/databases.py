"""Checks the databases of a service, each with the credentials that serve calls or with the owner's."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

from servicekit.preflight.capacity import check_capacity
from servicekit.preflight.finding import Area
from servicekit.preflight.postgres_connection import use_connection
from servicekit.preflight.postgres_facts import Server, TableFacts, read_server, read_tables
from servicekit.preflight.postgres_owner import check_owner_role
from servicekit.preflight.postgres_pooler import check_pooler
from servicekit.preflight.postgres_roles import (
    check_no_excess,
    check_not_owner,
    check_reads_only,
    check_rights,
    check_role,
)
from servicekit.preflight.postgres_server import check_primary, check_replica, check_server
from servicekit.preflight.postgres_tables import check_audit_months, check_isolation, check_migrations
from servicekit.preflight.run import Check, Part
from servicekit.preflight.schema import ServiceSchema
from servicekit.preflight.variables import program, variable
from servicekit.settings.database import DatabaseSettings, Role
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.login.role_addresses import address_of
from servicekit.storage.postgres.pooler import Found

_FUNCTIONS: Final = frozenset({"append_audit", "make_audit_month", "delete_expired"})


class DatabaseChecks:
    """The databases of one service.

    Args:
        pods: the number of replicas; None where it is not known.
    """

    def __init__(self, settings: DatabaseSettings, schema: ServiceSchema, pods: int | None) -> None:
        self._settings = settings
        self._schema = schema
        self._pods = pods
        self._migrate = f"{program(settings)} migrate"
        self._servers: dict[str, Server] = {}
        self._poolers: dict[str, Found | None] = {}

    def serving(self) -> Iterator[Part]:
        """The roles that serve calls."""
        yield Part("reader", self._serving("reader"))
        yield Part("writer", self._serving("writer"))
        if self._settings.replica_url is not None:
            yield Part("replica", self._serving("replica"))

    def owner(self) -> Iterator[Part]:
        """The role that owns the tables."""
        yield Part("owner", self._owner)

    def capacity(self) -> Part:
        """The number of connections; after the others."""

        async def check(area: Area) -> None:
            pooled = {role for role, found in self._poolers.items() if found not in ("direct", None)}
            check_capacity(area, self._settings, self._servers, pooled, self._pods)

        return Part("database", check)

    def _serving(self, role: Role) -> Check:
        async def check(area: Area) -> None:
            database = self._database(role)

            async def use(connection: Any) -> None:
                await self._check_serving(area, database, connection, role)

            await self._use(area, database, role, use)

        return check

    async def _check_serving(self, area: Area, database: Database, connection: Any, role: Role) -> None:
        server = await self._server(area, connection, role)
        self._poolers[role] = await check_pooler(area, database, connection, self._settings)
        is_right = await check_role(area, connection, server, f"{self._schema.name}_{_serves_as(role)}")
        tables = await read_tables(connection, self._schema.name)
        await check_migrations(area, connection, self._schema, tables, self._migrate)
        if not tables:
            return
        serves = is_right and check_not_owner(area, server, tables)
        await check_isolation(area, connection, self._schema.name, tables, serves=serves)
        if serves:
            await self._rights(area, connection, role, server, tables)
        if role == "writer":
            check_audit_months(area, tables)

    async def _owner(self, area: Area) -> None:
        async def use(connection: Any) -> None:
            server = await self._server(area, connection, "owner")
            tables = await read_tables(connection, self._schema.name)
            await check_owner_role(area, connection, server, self._schema.name, tables)
            await check_migrations(area, connection, self._schema, tables, self._migrate)
            if tables:
                await check_isolation(area, connection, self._schema.name, tables, serves=False)
                check_audit_months(area, tables)

        await self._use(area, self._database("owner"), "owner", use)

    async def _use(self, area: Area, database: Database, role: Role, use: Callable[[Any], Awaitable[None]]) -> None:
        name = variable(self._settings, f"{role}_url")
        with area.waiting("connection", f"{name}: No answer in time.", "Check host, port, firewall, NetworkPolicy."):
            await use_connection(area, database, name, use)

    async def _server(self, area: Area, connection: Any, role: Role) -> Server:
        server = await read_server(connection)
        self._servers[role] = server
        name = variable(self._settings, f"{role}_url")
        area.ok("connection", f"Signed in to the database {server.database} as {server.role}.")
        check_server(area, server, self._settings.token_leeway)
        if role == "replica":
            check_replica(area, server, name)
        elif role in ("writer", "owner"):
            check_primary(area, server, name)
        return server

    async def _rights(
        self, area: Area, connection: Any, role: Role, server: Server, tables: dict[str, TableFacts]
    ) -> None:
        schema = self._schema
        needed, functions = schema.writer_needs, _FUNCTIONS
        if role != "writer":
            needed, functions = schema.reader_needs, frozenset()
            check_reads_only(area, server, schema.name, tables)
        else:
            check_no_excess(area, server, schema.name, tables, needed)
        await check_rights(area, connection, tables, needed, functions, schema.name, self._migrate)

    def _database(self, role: Role) -> Database:
        # OWNER_URL may lead to a pooler or around it, whatever POOLER says; this way works with both.
        pooler = "transaction" if role == "owner" else self._settings.pooler
        # Two, to find a pooler between them and Postgres.
        address = address_of(self._settings, role)
        return Database(address, name=role, read_only=role != "writer", connections=2, pooler=pooler)


def _serves_as(role: Role) -> str:
    return "reader" if role == "replica" else role
