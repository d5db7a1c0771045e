"""The databases of a server, one for each role that serves calls."""

from servicekit.settings.database import DatabaseSettings
from servicekit.storage.postgres import Database


def reader_and_writer(settings: DatabaseSettings) -> tuple[Database, Database]:
    """The read-only database (the replica, if there is one) and the database of the writer."""
    reader = Database(
        settings.reads_url,
        read_only=True,
        connections=settings.connections,
        statement_timeout=settings.statement_timeout,
        pooler=settings.pooler,
    )
    writer = Database(
        settings.writer_url.get_secret_value(),
        name="writer",
        connections=settings.connections,
        statement_timeout=settings.statement_timeout,
        pooler=settings.pooler,
    )
    return reader, writer
