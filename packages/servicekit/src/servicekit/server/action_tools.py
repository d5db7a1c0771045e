"""The kit's own tools around writes: give consent, and ask what was done in one's name."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from servicekit.core.caller import current_caller
from servicekit.core.errors import Refused
from servicekit.core.sealed_token import InvalidToken
from servicekit.journal.protocol import Journal
from servicekit.pipeline.confirmation import Confirmations, ConfirmedCall
from servicekit.registry.tools import ToolSpec, tool_spec
from servicekit.schema.pagination import CursorKey, Limit, Page

# Holds the whole call: a text of 10 000 characters of four bytes each comes to 53 000.
Token = Annotated[
    str, Field(min_length=20, max_length=131072, description="The token that came with the preview, unchanged.")
]


class AuditedCall(BaseModel):
    """One call, as the audit trail has it."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[int, Field(description="Its place in the trail.")]
    at: datetime
    operation: str
    outcome: str
    client_id: str
    arguments: Annotated[dict[str, Any], Field(description="Free text is told by its length only.")]
    idempotency_key: str | None = None
    replayed: Annotated[bool, Field(description="Done before: this call repeated a reply and had no effect.")] = False


def confirm_action_tool(consents: Confirmations, find: Callable[[str], ToolSpec | None]) -> ToolSpec:
    """The `confirm_action` row. The tool that is confirmed has its own scope, limits and policy checked again."""

    async def confirm_action(token: Token) -> str:
        """Do what a preview showed, after the person you act for has agreed to it. The token is good once, for ten
        minutes, and only if nothing changed since. Never call this without having asked."""
        try:
            consent = consents.open(token, current_caller())
        except InvalidToken:
            raise Refused(
                "This token is not good here: it is altered, another caller's, or older than ten minutes. "
                "Call the tool again for a new preview."
            ) from None
        tool = find(consent.tool)
        if tool is None:
            raise Refused("The tool that this token is for is gone. Nothing was done.")
        raise ConfirmedCall(tool, consent.arguments, token)

    return tool_spec(confirm_action, scopes=frozenset(), title="Confirm an action", destructive=True)


def list_my_actions_tool(journal: Journal) -> ToolSpec:
    """The `list_my_actions` row, which any signed-in caller may use: it shows a person's own actions and no others."""

    async def list_my_actions(limit: Limit = 20, cursor: CursorKey | None = None) -> Page[AuditedCall]:
        """List what was called in your person's name on this server, newest first: by any client, with the outcome.
        Use it to answer "what did my agent do?"."""
        caller = current_caller()
        before = cursor[0] if cursor else None
        entries = await journal.actions(caller.tenant or "", caller.subject, limit + 1, before)
        actions = [
            AuditedCall(
                number=number,
                at=entry.at,
                operation=entry.operation,
                outcome=entry.outcome,
                client_id=entry.client_id,
                arguments=entry.details.get("arguments", {}),
                idempotency_key=entry.details.get("idempotency_key"),
                replayed=entry.details.get("replayed", False),
            )
            for number, entry in entries
        ]
        return Page(actions, limit, key=lambda action: (action.number,))

    return tool_spec(list_my_actions, scopes=frozenset(), title="List my actions")
