"""Logs why a store does not work: each cause once with the operator's next step, and once when the store works again.

Every failing call knows the cause, and a log line per call would hide the lines that matter. So a cause is logged when
it is new, and the recovery when no call has failed for some seconds: a store that fails every other call would
otherwise log two lines per second.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

_logger = logging.getLogger(__name__)

QUIET: Final = 3.0
"""Seconds without a failure after which a store counts as working again."""
_REMINDER: Final = 60.0  # seconds after which a cause that comes back after another one is logged again


class Causes:
    """Why one component fails at present.

    Args:
        component: the component, as the health page names it.
        clock: seconds of a monotonic clock.
    """

    def __init__(self, component: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.component = component
        self.current: str | None = None
        """The latest cause; None while the component works."""
        self._clock = clock
        self._logged: dict[str, float] = {}
        self._since = self._failed_at = 0.0

    def report(self, cause: str, next_step: str) -> None:
        """Note a failure. A cause that is new since the component last worked is logged.

        Args:
            cause: what is wrong, without secrets and without values from calls, since equal causes are logged once.
            next_step: what the operator should do.
        """
        now = self._failed_at = self._clock()
        if self.current is None:
            self._since = now
        if cause == self.current:
            return
        self.current = cause
        if now - self._logged.get(cause, float("-inf")) < _REMINDER:
            return
        self._logged[cause] = now
        extra = {"component": self.component, "reason": cause, "next_step": next_step}
        _logger.warning("dependency unavailable", extra=extra)

    def works(self) -> None:
        """Note a success. The first one after `QUIET` seconds without a failure is logged with the outage's length."""
        if self.current is None:
            return
        now = self._clock()
        if now - self._failed_at < QUIET:
            return
        extra = {"component": self.component, "reason": self.current, "seconds": round(self._failed_at - self._since)}
        self.current = None
        self._logged.clear()
        _logger.warning("dependency works again", extra=extra)
