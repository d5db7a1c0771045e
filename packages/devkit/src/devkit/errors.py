"""The one expected failure of the developer kit."""


class DevkitError(Exception):
    """Something a developer can put right; the message names the thing, the rule and the way out.

    `exit_code` is what the command line ends with.
    """

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code
