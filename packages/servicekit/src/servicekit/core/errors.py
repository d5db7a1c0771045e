"""The failures a caller may read. Everything else is a crash, and a crash stays silent."""


class Refused(Exception):
    """The one expected failure: a sentence that a model can act on.

    Raise it from a tool with what was wrong, the rule, and the way out. The caller reads the text as it stands, so it
    never contains a secret, SQL, a path, or a value that another person wrote.
    """


class Unavailable(Exception):
    """Something this server depends on did not answer; the same call may go through later.

    Args:
        component: what is away, in the words of the health page (for example ``database``).
    """

    def __init__(self, component: str) -> None:
        super().__init__(
            f"The {component} is not answering at the moment. Nothing was changed; try again in a few seconds."
        )
        self.component = component


class NothingChanged(Unavailable):
    """As `Unavailable`, from one who knows that nothing took effect: the same write may be tried again at once."""


class OutcomeUnknown(Unavailable):
    """The connection was lost while a write was being committed: it may have taken effect or not."""

    def __init__(self, component: str) -> None:
        super().__init__(component)
        words = (
            f"No usable answer to this write came back ({component}), so whether it took effect is unknown. Call again "
            "with the same arguments and idempotency_key: that returns the first reply, does it now, or says why not."
        )
        self.args = (words,)


class Overloaded(Exception):
    """This server has as much work as it can do; the caller is asked to come back after ``retry_after`` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"The server is busy. Nothing was changed; try again in {retry_after:.0f} s.")
        self.retry_after = retry_after


class NotReady(Exception):
    """The database is not ready for a command; the text says what is missing and how to make it."""
