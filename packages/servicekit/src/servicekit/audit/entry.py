"""The audit record of one call."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Details = Mapping[str, Any]


class AuditEntry:
    """The audit record of one call.

    Args:
        details: redacted arguments, duration, trace id, idempotency key, confirmation; or a function that makes them
            when they are first read. An entry of a read waits for its batch, and is redacted there.

    Attributes:
        text: what is stored, once it is serialised (`hash_chain.serialise_entry`): a batch may be tried many times.
    """

    __slots__ = ("_details", "at", "auth_method", "client_id", "operation", "outcome", "subject", "tenant", "text")

    def __init__(
        self,
        at: datetime,
        tenant: str,
        subject: str,
        client_id: str,
        auth_method: str,
        operation: str,
        outcome: str,
        details: Details | Callable[[], Details],
    ) -> None:
        self.at, self.tenant, self.subject, self.client_id = at, tenant, subject, client_id
        self.auth_method, self.operation, self.outcome = auth_method, operation, outcome
        self._details = details
        self.text: str | None = None

    @property
    def details(self) -> Details:
        """The redacted details, as JSON values."""
        if callable(self._details):
            self._details = self._details()
        return self._details
