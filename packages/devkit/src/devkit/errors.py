"""The developer kit's expected failure."""


class DevkitError(Exception):
    """A failure that a developer can fix: what is wrong, with what, and the next step.

    The command exits with `exit_code`.
    """

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code
