"""Name, title, version and instructions of a server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """What a server tells clients about itself.

    Attributes:
        name: short and lower-case, for clients.
        title: for people.
        instructions: for models: what to use the server for.
    """

    name: str
    title: str
    version: str
    instructions: str
