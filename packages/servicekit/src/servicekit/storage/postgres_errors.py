"""Which errors of asyncpg mean that the database is unavailable."""

import asyncpg

# Down, starting, stopping, out of connections, or too slow: a later call may succeed.
UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
)

# Those that only a database connection raises, anywhere in a call.
CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class NoReply(Exception):
    """A statement got no reply. Distinguishes its timeout or OSError from one raised elsewhere in a call."""
