"""The databases of a service, one for each of its serving roles."""

from servicekit.settings.database import DatabaseSettings
from servicekit.storage.postgres import Database


def reader_and_writer(settings: DatabaseSettings) -> tuple[Database, Database]:
    """The databases of a server, one for each serving role. Reads go to the replica if there is one."""
    reader = Database(
        settings.reads_url,
        read_only=True,
        connections=settings.connections,
        statement_timeout=settings.statement_timeout,
    )
    writer = Database(
        settings.writer_url.get_secret_value(),
        name="writer",
        connections=settings.connections,
        statement_timeout=settings.statement_timeout,
    )
    return reader, writer
