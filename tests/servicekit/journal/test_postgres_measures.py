"""The database server is measured, and no outdated number stays while it does not answer."""

from servicekit.journal.postgres_measures import PostgresMeasures
from servicekit.storage.postgres.database import Database
from servicekit.telemetry.instruments import audit_size, database_size, server_connections, server_connections_max
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import WritesDatabase

MEASURES = (server_connections, server_connections_max, database_size)


def found() -> list[float]:
    """Connections, allowed connections, and the sizes of database and audit log; only those that are known."""
    numbers = [one.value for measure in MEASURES for one in measure.observe()]
    logs = [one.value for one in audit_size.observe() if one.attributes == {"store": "postgres"}]
    return [*numbers, *logs]


async def measure(url: str) -> None:
    database = Database(url, name="writer", acquire_timeout=1)
    await database.start()
    await PostgresMeasures(database, SCHEMA).measure()
    await database.stop()


async def test_the_writer_may_measure_its_server(writes: WritesDatabase) -> None:
    await measure(writes.urls.writer)
    used, allowed, database_bytes, audit_bytes = found()
    setting = (await writes.rows("SELECT current_setting('max_connections')::int"))[0][0]
    assert 0 < used < allowed <= setting
    assert 0 < audit_bytes < database_bytes
    await measure("postgresql://writer:secret@127.0.0.1:1/books")
    assert found() == []
