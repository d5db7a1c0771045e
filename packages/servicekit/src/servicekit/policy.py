"""What a caller may do: the intersection of the credential, the policy and the server's own settings."""

from collections.abc import Iterable
from dataclasses import dataclass

from servicekit.caller import Caller
from servicekit.operations import Operation


@dataclass(frozen=True, slots=True)
class Denial:
    """Why an operation is not the caller's to use.

    Attributes:
        reason: a sentence for the caller.
        missing_scopes: what a new credential would have to carry; empty where no credential would help.
        needed_scopes: every scope of the operation, the challenge of an HTTP 403.
    """

    reason: str
    missing_scopes: frozenset[str]
    needed_scopes: frozenset[str]


class Policy:
    """Decides, from prepared facts and without waiting, what a caller may use.

    Args:
        writes_allowed: False turns every operation that writes off, for everybody.
    """

    def __init__(self, *, writes_allowed: bool = True) -> None:
        self._writes_allowed = writes_allowed

    def denial(self, caller: Caller, operation: Operation) -> Denial | None:
        """None where `caller` may use `operation`, else why not."""
        if operation.writes and not self._writes_allowed:
            return Denial("This server is set to read-only by its operator.", frozenset(), operation.scopes)
        missing = operation.scopes - caller.scopes
        if missing:
            names = " ".join(sorted(missing))
            reason = f"This needs the scope {names}, which your credential does not carry. Sign in again and allow it."
            return Denial(reason, missing, operation.scopes)
        return None

    def visible(self, caller: Caller, operations: Iterable[Operation]) -> list[Operation]:
        """The operations that `caller` may use: what is not usable is not listed."""
        return [operation for operation in operations if self.denial(caller, operation) is None]
