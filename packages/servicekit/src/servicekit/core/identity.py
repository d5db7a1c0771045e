"""Name, title, version and instructions of a server."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from servicekit.core.fleet import letter_of

KIT: Final = "servicekit"
KIT_VERSION: Final = version("mcp-fleet-servicekit")
"""The version of this kit, such as ``1.2.0``."""


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """What a server tells clients about itself.

    Attributes:
        name: short and lower-case, for clients.
        title: for people.
        instructions: for models: what to use the server for.
        purpose: for people: what the server is for, in a sentence or two.
        examples: questions that people could ask an assistant with this server.
    """

    name: str
    title: str
    version: str
    instructions: str
    purpose: str = ""
    examples: tuple[str, ...] = ()

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the server and of the kit it runs on, by name."""
        return {self.name: self.version, KIT: KIT_VERSION}

    @property
    def letter(self) -> str:
        """The letter with which confirmation codes of this server begin."""
        return letter_of(self.name)

    def own_tool(self, tool: str) -> str:
        """The name of one of the kit's own tools: ``orders_whoami`` for ``whoami``.

        It carries the server's name, so that a client of several servers has each name once.
        """
        return f"{self.name.replace('-', '_')}_{tool}"
