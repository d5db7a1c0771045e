"""The failures whose text the caller reads. Any other exception is a crash, of which the caller reads nothing."""

from typing import Any, ClassVar, Literal

Outcome = Literal[
    "ok", "refused", "invalid_arguments", "denied", "rate_limited", "shed", "confirmation_required", "declined",
    "input_required", "invalid_request_state", "capability_missing", "unavailable", "deadline", "crash", "cancelled",
]  # fmt: skip
"""How a call ends, for metrics, logs, the audit trail and the transport."""


class CallError(Exception):
    """A failure whose text the caller reads as it stands.

    Attributes:
        outcome: how the call ends.
        changed_nothing: nothing took effect, so the same idempotency key can be used again.
    """

    outcome: ClassVar[Outcome]
    changed_nothing: ClassVar[bool] = True

    @property
    def meta(self) -> dict[str, Any]:
        """What the client reads beside the text."""
        return {}


class Refused(CallError):
    """The expected failure of a tool: a sentence that a model can act on.

    Raise it with what is wrong, the rule, and the next step. The text never contains a secret, SQL, a path, or a value
    that another person wrote.
    """

    outcome = "refused"


class Unavailable(CallError):
    """A dependency of this server did not answer; the same call may succeed later.

    Args:
        component: the dependency, as the health page names it (for example ``database``).
    """

    outcome = "unavailable"
    changed_nothing = False
    for_operator: str | None = None
    """The cause and the operator's next step, where they are known. No caller reads it."""

    def __init__(self, component: str) -> None:
        super().__init__(
            f"The {component} is not answering at the moment. Nothing was changed; try again in a few seconds."
        )
        self.component = component


class NothingChanged(Unavailable):
    """`Unavailable`, where it is certain that nothing took effect: the same write can be tried again at once."""

    changed_nothing = True


class OutcomeUnknown(Unavailable):
    """The connection was lost while a write was being committed: it may have taken effect or not."""

    def __init__(self, component: str) -> None:
        super().__init__(component)
        words = (
            f"No usable answer to this write came back ({component}), so whether it took effect is unknown. Call again "
            "with the same arguments and idempotency_key: that returns the first reply, does it now, or says why not."
        )
        self.args = (words,)


class Overloaded(CallError):
    """Too many calls are running or waiting.

    Args:
        retry_after: seconds until the caller should try again.
    """

    outcome = "shed"

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"The server is busy. Nothing was changed; try again in {retry_after:.0f} s.")
        self.retry_after = retry_after

    @property
    def meta(self) -> dict[str, Any]:
        """Seconds to wait, for the client."""
        return {"fleet/retry_after": self.retry_after}


class DeadlineExceeded(CallError):
    """The call was stopped at its deadline; its cause is what the stop interrupted."""

    outcome = "deadline"
    changed_nothing = False


class NotReady(Exception):
    """The database is not ready for an operator's command; the text says what is missing and how to add it."""
