"""Name, title, version and instructions of a server."""

from dataclasses import dataclass

from servicekit.core.fleet import letter_of


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

    @property
    def letter(self) -> str:
        """The letter with which confirmation codes of this server begin."""
        return letter_of(self.name)

    def own_tool(self, tool: str) -> str:
        """The name of one of the kit's own tools: ``orders_whoami`` for ``whoami``.

        It carries the server's name, so that a client of several servers has each name once.
        """
        return f"{self.name.replace('-', '_')}_{tool}"
