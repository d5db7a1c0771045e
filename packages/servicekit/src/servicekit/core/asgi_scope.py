"""Keys of the ASGI scope."""

from typing import Final

REQUEST_ID: Final = "fleet.request_id"
"""The request id, a `str`."""
CERTIFICATE_NAMES: Final = "fleet.certificate_names"
"""Names in the client certificate that the server verified, a tuple of `str`."""
