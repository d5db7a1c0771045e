"""What a change of an issue means: empty fields, and the state that goes with a reason."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final, Literal, get_args

from github_mcp.ports.issues import IssueText
from servicekit.core import Refused

Clearable = Literal["body", "labels", "assignees", "milestone", "type"]
_CLEARABLE: Final[tuple[Clearable, ...]] = get_args(Clearable)
_NO_CHANGE: Final = (
    "Nothing to change. Give title, body, edits, state, state_reason, duplicate_of, labels, assignees, milestone or "
    "type. To make fields empty, name them in clear."
)


def with_state(text: IssueText) -> IssueText:
    """The change with the state that its reason or `duplicate_of` means, since GitHub ignores a reason without one.

    Raises:
        Refused: they contradict each other.
    """
    reason = text.state_reason
    if text.duplicate_of is not None:
        if reason not in (None, "duplicate"):
            raise Refused(f"duplicate_of closes the issue as a duplicate, and state_reason is {reason}. Send one.")
        reason = "duplicate"
    if reason is None:
        return text
    state: Literal["open", "closed"] = "open" if reason == "reopened" else "closed"
    if text.state not in (None, state):
        raise Refused(f"An issue that is {text.state} cannot have the state_reason {reason}. Send one of them.")
    return replace(text, state=state, state_reason=reason)


def without_empty(text: IssueText, clear: Collection[Clearable]) -> tuple[IssueText, str | None]:
    """The change with its cleared fields empty, and a notice about fields that were sent empty and stay.

    Clients that must send every field send some of them empty, so empty counts as left out. It clears a field only
    where it is the whole change.

    Raises:
        Refused: nothing is changed, or a field is cleared and given a value.
    """
    empty = [name for name in _CLEARABLE if _is_empty(getattr(text, name))]
    without: dict[str, Any] = dict.fromkeys(empty)
    rest = replace(text, **without)
    for name in clear:
        if getattr(rest, name) is not None or (name == "body" and rest.edits is not None):
            raise Refused(f"{name} is in clear and has a value. Send one of them.")
    cleared = set(clear)
    if rest == IssueText() and not cleared:
        if len(empty) != 1:
            raise Refused(_NO_CHANGE)
        cleared = {*empty}
    stay = [name for name in empty if name not in cleared]
    changes: dict[str, Any] = {name: () if name in ("labels", "assignees") else "" for name in cleared}
    notice = f"Sent empty and left as it is: {', '.join(stay)}. To make a field empty, name it in clear."
    return replace(rest, **changes), notice if stay else None


def _is_empty(value: object) -> bool:
    return not value.strip() if isinstance(value, str) else value is not None and not value
