"""Gives tools that write a way to find a write whose answer was lost, for a desk outside of this server's database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from servicekit.registry import ToolSpec
from ticketing_mcp.ports.writing import LostWrites
from ticketing_mcp.tools.lost_writes import LostWriteTools


def recoveries(lost: LostWrites) -> Mapping[str, Any]:
    """The recovery of each tool that changes something at the desk, by the tool's name."""
    tools = LostWriteTools(lost)
    return {
        "create_ticket": tools.create_ticket,
        "update_ticket": tools.change_ticket,
        "update_tickets": tools.update_tickets,
        "transition_ticket": tools.change_ticket,
        "assign_ticket": tools.change_ticket,
        "close_ticket": tools.change_ticket,
        "merge_tickets": tools.merge_tickets,
        "add_internal_note": tools.add_internal_note,
        "add_public_reply": tools.add_public_reply,
    }


def recoverable(tools: Sequence[ToolSpec], lost: LostWrites | None) -> list[ToolSpec]:
    """The tools with their recoveries; unchanged where a write is one transaction with its record."""
    if lost is None:
        return list(tools)
    known = recoveries(lost)
    return [replace(tool, recover=known.get(tool.name)) if tool.writes else tool for tool in tools]
