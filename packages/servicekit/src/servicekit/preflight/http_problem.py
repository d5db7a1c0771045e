"""Says in words why a host cannot be used over HTTP."""

import ssl
from socket import gaierror
from typing import Final

import httpx2

_REASONS: Final[tuple[tuple[type[BaseException], str, str], ...]] = (
    (gaierror, "The host's name cannot be resolved.", "Check the host, and that DNS can be reached."),
    (
        ssl.SSLCertVerificationError,
        "The host's certificate is not trusted.",
        "Set SSL_CERT_FILE to a file with the CA that signed it, beside the public ones.",
    ),
    (ssl.SSLError, "The TLS handshake failed.", "Check that the port speaks TLS."),
    (ConnectionRefusedError, "Nothing accepts connections there.", "Check host and port."),
    (httpx2.ProxyError, "The proxy refuses the connection.", "Check HTTPS_PROXY and NO_PROXY."),
    (httpx2.TimeoutException, "No answer in time.", "Check NetworkPolicy, firewall, HTTPS_PROXY."),
    (TimeoutError, "No answer in time.", "Check NetworkPolicy, firewall, HTTPS_PROXY."),
    (httpx2.TransportError, "The connection failed.", "Check the host, and HTTPS_PROXY and NO_PROXY."),
    (OSError, "The connection failed.", "Check the host, and HTTPS_PROXY and NO_PROXY."),
)


def http_problem(error: BaseException) -> tuple[str, str]:
    """What is wrong and what to do. Quotes no content from the network."""
    if isinstance(error, httpx2.HTTPStatusError):
        return f"Answered with status {error.response.status_code}.", "Check the URL."
    found: list[BaseException] = []
    while error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__ or error
    # The operating system's error says more than the client's around it.
    for kind, detail, remedy in _REASONS:
        if any(isinstance(cause, kind) for cause in found):
            return detail, remedy
    return "The answer is not what was expected (no JSON object).", "Check the URL."
