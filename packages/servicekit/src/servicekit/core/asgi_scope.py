"""The keys under which the HTTP layer leaves what it decided in the ASGI scope of a request."""

from typing import Final

REQUEST_ID: Final = "fleet.request_id"
"""The request's id, a `str`."""
CERTIFICATE_NAMES: Final = "fleet.certificate_names"
"""The names in the client certificate that our own listener verified, a tuple of `str`."""
CALLER: Final = "fleet.caller"
"""The authenticated `Caller`."""
MESSAGE: Final = "fleet.message"
"""The parsed JSON-RPC message, a `dict`."""
RATE_LIMIT_DECISION: Final = "fleet.decision"
"""The rate limit's decision."""
SLOT: Final = "fleet.slot"
"""The concurrency slot under which the request runs."""
DEFERRED_SPANS: Final = "fleet.deferred_spans"
"""The spans of what was done before the operation's own span began."""
