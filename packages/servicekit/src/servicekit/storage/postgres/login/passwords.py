"""The passwords to try for a role. Postgres knows only one at a time, and its file may change before it or after it.

So the password in the file is tried first, then those that worked before. A password that was refused waits before it
is tried again, so that waiting calls do not fill the database's log.
"""

import time
from collections.abc import Sequence
from typing import Final

REFUSED: Final = 0.5
"""Seconds for which a refused password is not tried again."""
_KEPT: Final = 2  # passwords that worked, the latest first


class Passwords:
    """The known passwords of a role at one server.

    Args:
        first: the password at the start, which may work although its file has another one already.
    """

    def __init__(self, first: str | None) -> None:
        self._worked: tuple[str | None, ...] = (first,) if first is not None else ()
        self._refused: dict[str | None, float] = {}

    def to_try(self, current: str | None) -> Sequence[str | None]:
        """Passwords, best first. None stands for a login without one. Empty if all were refused just now."""
        now = time.monotonic()
        self._refused = {password: at for password, at in self._refused.items() if now - at < REFUSED}
        known = list(dict.fromkeys((current, *self._worked)))
        open_ones = [password for password in known if password not in self._refused]
        # A refused one again at the end: the role may have it by now.
        return [*open_ones, *(password for password in known if password in self._refused)] if open_ones else ()

    def worked(self, password: str | None) -> None:
        """Postgres accepted a password."""
        if not self._worked or self._worked[0] != password:
            self._worked = tuple(dict.fromkeys((password, *self._worked)))[:_KEPT]
        self._refused.pop(password, None)

    def refused(self, password: str | None) -> None:
        """Postgres refused a password."""
        self._refused[password] = time.monotonic()
