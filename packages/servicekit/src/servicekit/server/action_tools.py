"""The kit's own tools around writes: confirm a call, and read the user's audit log."""

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
    """One call, from the audit trail."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[int, Field(description="Position in the audit trail.")]
    at: datetime
    operation: str
    outcome: str
    client_id: str
    arguments: Annotated[dict[str, Any], Field(description="Of free text, only the length is kept.")]
    idempotency_key: str | None = None
    replayed: Annotated[bool, Field(description="A repetition: it returned an earlier reply and had no effect.")] = (
        False
    )


def confirm_action_tool(confirmations: Confirmations, find: Callable[[str], ToolSpec | None]) -> ToolSpec:
    """The registration of `confirm_action`. Scope, limits and policy of the confirmed tool are checked again."""

    async def confirm_action(token: Token) -> ConfirmedCall:
        """Do what a preview showed, after the person you act for has agreed to it. The token is good once, for ten
        minutes, and only if nothing changed since. Never call this without having asked."""
        try:
            confirmation = confirmations.open(token, current_caller())
        except InvalidToken:
            raise Refused(
                "This token is not valid here: altered, for another caller, or older than ten minutes. "
                "Call the tool again for a new preview."
            ) from None
        tool = find(confirmation.tool)
        if tool is None:
            raise Refused("The tool of this token no longer exists. Nothing was done.")
        return ConfirmedCall(tool, confirmation.arguments, token)

    return tool_spec(confirm_action, scopes=frozenset(), title="Confirm an action", destructive=True, returns=str)


def list_my_actions_tool(journal: Journal) -> ToolSpec:
    """The registration of `list_my_actions`, for any authenticated caller: the caller's own calls and no others."""

    async def list_my_actions(limit: Limit = 20, cursor: CursorKey | None = None) -> Page[AuditedCall]:
        """List what was called in your person's name on this server, newest first: by any client, with the outcome.
        Use it to answer "what did my agent do?"."""
        caller = current_caller()
        before = cursor[0] if cursor else None
        entries = await journal.calls_of(caller.tenant or "", caller.subject, limit + 1, before)
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
