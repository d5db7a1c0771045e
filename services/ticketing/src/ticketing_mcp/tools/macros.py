"""Tools for macros."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from servicekit.schema import Page, Searched, nearest
from ticketing_mcp.models.errors import unknown_macro, unknown_ticket
from ticketing_mcp.models.identifiers import MacroId, TicketId, number_of
from ticketing_mcp.models.macro_search import FoundMacros, find_macros
from ticketing_mcp.models.macros import PLACEHOLDERS, FilledMacro, Macro
from ticketing_mcp.ports.desk import Desk

MacroWords = Annotated[str, Field(min_length=1, max_length=200, description="Words of the text or name."), Searched()]


class MacroTools:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_macros(self, query: MacroWords | None = None) -> Page[Macro]:
        """Canned responses (macros, reply templates, standard or prepared answers, snippets) that we have."""
        macros = await self._desk.macros()
        found = FoundMacros(macros) if query is None else find_macros(query, macros)
        notice = _notice(query, found, macros)
        return Page(found.macros, max(1, len(found.macros)), key=lambda macro: (macro.id,), notice=notice)

    async def preview_macro(self, macro_id: MacroId, ticket_id: TicketId) -> FilledMacro:
        """Fill in a canned response (macro, template) with the names and data of a ticket. Sends nothing: check the
        text, then use add_public_reply."""
        macros = {macro.id: macro for macro in await self._desk.macros()}
        if macro_id not in macros:
            raise unknown_macro(macro_id, macros.values())
        ticket = await self._desk.get(number_of(ticket_id))
        if ticket is None:
            raise unknown_ticket(ticket_id)
        return await self._desk.fill(macros[macro_id], ticket)


def _notice(query: str | None, found: FoundMacros, macros: Sequence[Macro]) -> str | None:
    """How the query was understood, and the meaning of the placeholders in the macros found."""
    sentences = []
    if found.common:
        sentences.append("query has only common words, so all macros are listed.")
    elif query is not None and not found.macros:
        near = nearest(query, {macro.id: macro.name for macro in macros})
        by_name = f"Nearest by name: {', '.join(near)}. " if near else ""
        sentences.append(f"No macro says that. {by_name}Without query, all macros are listed.")
    elif found.unknown:
        is_in = "is" if len(found.unknown) == 1 else "are"
        sentences.append(f"{len(found.unknown)} of the words of query {is_in} in no macro.")
    used = [name for name in PLACEHOLDERS if any(f"{{{name}}}" in macro.text for macro in found.macros)]
    if used:
        meanings = ", ".join(f"{{{name}}} ({PLACEHOLDERS[name]})" for name in used)
        sentences.append(f"preview_macro fills in {meanings}.")
    return " ".join(sentences) or None
