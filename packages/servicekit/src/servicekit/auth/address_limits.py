"""Limits of failing authentications by client address. Each replica counts for itself.

Requests with a valid credential, and those to public routes, are never counted or refused: many clients can have one
address, and one of them must not shut out the others.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from servicekit.auth.client_address import network_of
from servicekit.telemetry.instruments import rate_limit_refused

WINDOW: Final = 60.0
"""Seconds in which failures are counted, from the first one."""
MOST_COUNTED: Final = 10_000
"""Addresses in the count. Beyond that, the address whose last failure is the oldest is forgotten."""

Failure = Literal["absent", "invalid"]
"""Missing and invalid credentials. Each has its own count: wrong tokens of one client do not keep another client at the
same address from asking without a token, by which it finds the authorization server."""


class Blocked(NamedTuple):
    """An address has had too many failures.

    Attributes:
        wait: seconds until its failures are counted again.
        is_first: this is its first failure above the limit.
    """

    wait: int
    is_first: bool


class AddressLimits:
    """Counts failing authentications by address; IPv6 addresses by their /64.

    Args:
        per_minute: failures of each kind that an address may have in a minute.
        clock: seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = per_minute
        self._clock = clock
        self._counts: OrderedDict[tuple[Failure, str], tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def count(self, failure: Failure, address: str) -> Blocked | None:
        """Count a failure. None while the address is within the limit."""
        key, now = (failure, network_of(address)), self._clock()
        ends_at, failures = self._counts.pop(key, (0.0, 0))
        if ends_at <= now:
            ends_at, failures = now + WINDOW, 0
        failures += 1
        self._counts[key] = ends_at, failures
        if len(self._counts) > MOST_COUNTED:
            self._counts.popitem(last=False)
        if failures <= self._limit:
            return None
        rate_limit_refused.add(1, {"limit": "address"})
        return Blocked(math.ceil(ends_at - now), failures == self._limit + 1)
