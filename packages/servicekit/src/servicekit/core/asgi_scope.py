"""Keys of the ASGI scope through which the HTTP middleware pass values on."""

from typing import Final

REQUEST_ID: Final = "fleet.request_id"
"""The request id, a `str`."""
CERTIFICATE_NAMES: Final = "fleet.certificate_names"
"""Names in the client certificate that the server verified, a tuple of `str`."""
CALLER: Final = "fleet.caller"
"""The authenticated `Caller`."""
MESSAGE: Final = "fleet.message"
"""The parsed JSON-RPC message, a `dict`."""
RATE_LIMIT_DECISION: Final = "fleet.decision"
"""The rate limit's decision."""
SLOT: Final = "fleet.slot"
"""The concurrency slot of the request."""
DEFERRED_SPANS: Final = "fleet.deferred_spans"
"""The `DeferredSpans` of the request."""
