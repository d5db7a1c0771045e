"""The queues granted to the caller."""

from servicekit.core import granted
from servicekit.storage.postgres.database import Database

# $2: the queues granted to the caller; NULL for all.
GRANTED = "($2::text[] IS NULL OR t.queue_id = ANY ($2))"
QUEUE_IDS = "SELECT id FROM ticketing.queues"


async def granted_queues(database: Database) -> list[str] | None:
    """The queues granted to the caller; None for all. Where every list of grants has a pattern, the queues that match
    are read from the database."""
    queues = granted("queues")
    if queues is None:
        return None
    names = queues.names()
    if names is None:
        names = frozenset(row[0] for row in await database.fetch(QUEUE_IDS) if queues.allows(row[0]))
    return sorted(names)
