"""Keys of the ASGI scope."""

from typing import Final

REQUEST_ID: Final = "fleet.request_id"
"""The request id, a `str`."""
CERTIFICATE_NAMES: Final = "fleet.certificate_names"
"""Names in the client certificate that the server verified, a tuple of `str`."""
SEND_WHOLE: Final = "fleet.send_whole"
"""The `send` of the request, and a function of status, header fields and body that sends a whole response in its place
and returns whether it could. A middleware that wraps `send` gives the application another one, and must be called."""
