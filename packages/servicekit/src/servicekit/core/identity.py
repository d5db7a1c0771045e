"""The identity of a server, as clients and people see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """Which server this is.

    Attributes:
        name: short and lower-case, as clients list it.
        title: as people read it.
        version: the server's own version.
        instructions: what a model should use this server for.
    """

    name: str
    title: str
    version: str
    instructions: str
