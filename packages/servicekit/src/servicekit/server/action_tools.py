"""The kit's own tools around writes: confirm a call, and read the user's audit log."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from servicekit.core.caller import current_caller
from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.journal.protocol import Journal
from servicekit.pipeline.confirmation import ConfirmedCall, StoredConfirmations
from servicekit.pipeline.confirmation_code import code_of
from servicekit.registry.tools import ToolSpec
from servicekit.schema.pagination import CursorKey, Limit, Page
from servicekit.schema.record import Record
from servicekit.server.own_tools import own_tool

_SYMBOLS: Final = "7K3M9QXB"
"""The random part of an example of a code."""


class AuditedCall(Record):
    """One call, from the audit trail."""

    position: Annotated[str, Field(description="Position in the audit trail.")]
    at: datetime
    operation: str
    outcome: str
    client_id: str
    arguments: Annotated[dict[str, Any], Field(description="Of free text, only the length is kept.")]
    idempotency_key: str | None = None
    replayed: Annotated[bool, Field(description="A repetition: it returned an earlier reply and had no effect.")] = (
        False
    )


def confirm_action_tool(
    identity: ServerIdentity, stored: StoredConfirmations, find: Callable[[str], ToolSpec | None]
) -> ToolSpec:
    """The registration of `<server>_confirm_action`. Scope, limits and policy of the confirmed tool apply."""

    example = f"The code of the preview, such as {code_of(identity, _SYMBOLS)}."

    async def confirm_action(
        code: Annotated[str, Field(min_length=8, max_length=64, description=example)],
    ) -> ConfirmedCall:
        """After the user said yes (OK, go ahead, approve): do what a preview of the {server} server announced. Its code
        works once, for ten minutes, and only if nothing changed since.

        Never call this without having asked the user.
        """
        confirmation = await stored.find(code, current_caller())
        tool = find(confirmation.tool)
        if tool is None:
            raise Refused("The tool of this code no longer exists. Nothing was done.")
        return ConfirmedCall(tool, confirmation)

    return own_tool(confirm_action, identity, "Confirm: yes, do it", destructive=True, returns=str, open_to_all=True)


def list_my_actions_tool(identity: ServerIdentity, journal: Journal) -> ToolSpec:
    """The registration of `<server>_list_my_actions`: the caller's own calls and no others."""

    async def list_my_actions(limit: Limit = 20, cursor: CursorKey | None = None) -> Page[AuditedCall]:
        """What you did (changed) for the user on the {server} server, newest first, through any client: whether it was
        really done, or done twice."""
        caller = current_caller()
        entries = await journal.calls_of(caller.tenant or "", caller.subject, limit + 1, cursor)
        actions = [
            AuditedCall(
                position=position,
                at=entry.at,
                operation=entry.operation,
                outcome=entry.outcome,
                client_id=entry.client_id,
                arguments=entry.details.get("arguments", {}),
                idempotency_key=entry.details.get("idempotency_key"),
                replayed=entry.details.get("replayed", False),
            )
            for position, entry in entries
        ]
        return Page(actions, limit, key=lambda action: (action.at.isoformat(), action.position))

    return own_tool(list_my_actions, identity, "My recent actions")
