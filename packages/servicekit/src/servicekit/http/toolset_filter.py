"""The toolset filter of a client: the headers `X-MCP-Toolsets` and `X-MCP-Readonly`.

The headers choose among the toolsets that the operator offers, and never exceed what the credential allows.
"""

from dataclasses import replace
from typing import Final

from servicekit.access.toolsets import ALL, DEFAULT, Toolsets
from servicekit.core.caller import Caller, ToolsetFilter
from servicekit.http.head import Head
from servicekit.http.refusal import Refusal

TOOLSETS: Final = b"x-mcp-toolsets"
READ_ONLY: Final = b"x-mcp-readonly"
_YES: Final = frozenset({"true", "1", "yes"})
_NO: Final = frozenset({"false", "0", "no", ""})


def filtered(caller: Caller, head: Head, toolsets: Toolsets) -> Caller:
    """The caller with the client's toolset filter.

    Args:
        toolsets: what the server has, and what its operator offers.

    Raises:
        Refusal: the filter has unknown values.
    """
    if TOOLSETS not in head.fields and READ_ONLY not in head.fields:
        return caller
    toolset_filter = ToolsetFilter(_requested_toolsets(head, toolsets), _is_read_only(head))
    return replace(caller, toolset_filter=toolset_filter)


def _requested_toolsets(head: Head, toolsets: Toolsets) -> frozenset[str] | None:
    """The toolsets of the header; None without one, or where the server has no toolsets."""
    words = frozenset(head.joined(TOOLSETS).decode("latin-1").lower().replace(",", " ").split())
    if not words or not toolsets.known:
        return None
    if not words <= toolsets.known | {ALL, DEFAULT}:
        names = ", ".join(sorted(toolsets.known))
        raise Refusal("unknown_toolset", f"X-MCP-Toolsets must be all, or a list of: default, {names}.")
    return toolsets.chosen(words)


def _is_read_only(head: Head) -> bool:
    words = [value.strip() for value in head.joined(READ_ONLY).decode("latin-1").lower().split(",")]
    if not _YES.union(_NO).issuperset(words):
        raise Refusal("unknown_toolset", "X-MCP-Readonly must be true or false.")
    return not _YES.isdisjoint(words)
