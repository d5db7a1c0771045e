"""Reading macros."""

from collections.abc import Mapping
from typing import Any, Final

from ticketing_mcp.adapters.zendesk.api.client import parsed
from ticketing_mcp.adapters.zendesk.groups import Groups
from ticketing_mcp.adapters.zendesk.wire import WireMacro
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.macros import FilledMacro, Macro
from ticketing_mcp.models.mail.view import view
from ticketing_mcp.models.tickets import Ticket

_TEXTS: Final = ("comment_value", "comment_value_html")


class ZendeskMacros(Groups):
    """`Macros` on Zendesk: its macros that write a comment."""

    async def macros(self) -> list[Macro]:
        found = await self._api.everything(("macros",), "macros", "macros", {"active": True})
        macros = (parsed(WireMacro, item) for item in found)
        shown = [
            Macro(id=str(macro.id), name=macro.title, text=text)
            for macro in macros
            if (text := _text(macro)) is not None
        ]
        return sorted(shown, key=lambda macro: macro.id)

    async def fill(self, macro: Macro, ticket: Ticket) -> FilledMacro:
        """The text as Zendesk fills it in for the ticket. Nothing is written."""
        path = ("tickets", number_of(ticket.id), "macros", macro.id, "apply")
        data: Any = await self._api.read(path, f"macro {macro.id} for ticket {ticket.id}")
        comment: Any = data
        for key in ("result", "ticket", "comment"):
            comment = comment.get(key) if isinstance(comment, Mapping) else None
        body = comment.get("body") if isinstance(comment, Mapping) else None
        html = comment.get("html_body") if isinstance(comment, Mapping) else None
        if not isinstance(body, str) or not body:
            body = view(html, "html", folded=False).text if isinstance(html, str) else macro.text
        return FilledMacro(macro_id=macro.id, ticket_id=ticket.id, version=ticket.version, text=body, has_name=True)


def _text(macro: WireMacro) -> str | None:
    """The comment that a macro writes; None for a macro that only changes fields."""
    values = {action.get("field"): action.get("value") for action in macro.actions}
    for field in _TEXTS:
        value = values.get(field)
        if isinstance(value, list) and value:  # ["channel:all", "text"]
            value = value[-1]
        if isinstance(value, str) and value:
            return view(value, "html", folded=False).text if field.endswith("html") else value
    return None
