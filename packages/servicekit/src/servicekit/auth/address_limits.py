"""Limits of failing authentications by client address. Each replica counts for itself.

Requests with a valid credential, and those to public routes, are never counted or refused: many clients can have one
address, and one of them must not shut out the others.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from limits import RateLimitItemPerMinute
from slowapi import Limiter
from slowapi.util import get_remote_address

from servicekit.auth.bounded_counts import SCHEME
from servicekit.auth.client_address import network_of
from servicekit.telemetry.instruments import rate_limit_refused

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

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.time) -> None:
        self._rule = RateLimitItemPerMinute(per_minute)
        self._clock = clock
        options: dict[str, Any] = {"clock": clock}
        self._counts = Limiter(get_remote_address, storage_uri=f"{SCHEME}://", storage_options=options).limiter

    def count(self, failure: Failure, address: str) -> Blocked | None:
        """Count a failure. None while the address is within the limit."""
        key = failure, network_of(address)
        if self._counts.hit(self._rule, *key):
            return None
        rate_limit_refused.add(1, {"limit": "address"})
        failures = self._counts.storage.get(self._rule.key_for(*key))
        ends_at = self._counts.storage.get_expiry(self._rule.key_for(*key))
        return Blocked(math.ceil(ends_at - self._clock()), failures == self._rule.amount + 1)
