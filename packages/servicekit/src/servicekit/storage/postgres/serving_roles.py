"""The databases of a server, one for each role that serves calls."""

from typing import Any

from servicekit.settings.database import DatabaseSettings
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.login.role_addresses import address_of
from servicekit.storage.postgres.own_writes import OwnWrites
from servicekit.storage.postgres.replica import ReplicatedDatabase
from servicekit.storage.redis.store import RedisStore


def reader_and_writer(settings: DatabaseSettings, schema: str, store: RedisStore | None) -> tuple[Database, Database]:
    """The read-only database, with the replica if there is one, and the database of the writer.

    Args:
        schema: the service's schema, which has the table `tenants`.
        store: where processes share what a caller wrote, for reads from the replica.
    """
    options: dict[str, Any] = {
        "connections": settings.connections,
        "statement_timeout": settings.statement_timeout,
        "pooler": settings.pooler,
        "idle_timeout": settings.connection_idle_timeout,
    }
    reads: dict[str, Any] = {
        "read_only": True,
        "needed_for": ("reads",),
        "probe": f"SELECT true FROM {schema}.tenants LIMIT 1",  # noqa: S608  # a constant of the service
        **options,
    }
    writes: dict[str, Any] = {"name": "writer", "needed_for": ("writes",), **options}
    reader, writer = address_of(settings, "reader"), address_of(settings, "writer")
    if settings.replica_url is None:
        return Database(reader, **reads), Database(writer, **writes)
    own_writes = OwnWrites(schema, store)
    replica = Database(address_of(settings, "replica"), name="replica", **reads)
    return (
        ReplicatedDatabase(reader, replica=replica, own_writes=own_writes, max_lag=settings.replica_max_lag, **reads),
        Database(writer, committed=own_writes.committed, **writes),
    )
