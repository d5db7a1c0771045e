"""How this server registers its tools: scopes, and what the tools need."""

from dataclasses import dataclass
from typing import Any, Final

from servicekit.registry import ToolSpec, read, write
from ticketing_mcp.models.attachments import DEFAULT_KINDS, FileKind
from ticketing_mcp.models.toolsets import Toolset
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.writing import TicketWriter

READ: Final = "tickets:read"
WRITE: Final = "tickets:write"
REPLY: Final = "tickets:reply"
"""Sends text outside the company."""


@dataclass(frozen=True, slots=True)
class TicketingPorts:
    """What the tools need from a help desk.

    Attributes:
        desk: reads.
        current: reads of what was just written, in the transaction of the call.
        writer: writes.
        file_kinds: the accepted types of attachments.
    """

    desk: Desk
    current: Desk
    writer: TicketWriter
    file_kinds: tuple[FileKind, ...] = DEFAULT_KINDS


@dataclass(frozen=True, slots=True)
class Registration:
    """Registers the tools of one toolset."""

    toolset: Toolset

    def read(self, method: Any, *, title: str, link: str | None = None) -> ToolSpec:
        """A tool that reads; `link` is the template of the resource that it shows."""
        return read(method, scope=READ, toolset=self.toolset, link=link, title=title)

    def write(self, method: Any, *, title: str, confirm: Any = None) -> ToolSpec:
        """A tool that writes; `confirm` returns the preview of a call that a person has to confirm, or None."""
        return write(method, scope=WRITE, toolset=self.toolset, title=title, confirm=confirm)

    def destroy(self, method: Any, preview: Any, *, title: str, scope: str = WRITE) -> ToolSpec:
        """A tool whose effect cannot be undone: a person confirms its preview."""
        return write(method, scope=scope, toolset=self.toolset, destructive=True, confirm=preview, title=title)
