"""The head of an HTTP request: read once, checked before anything else is done."""

import re
from functools import lru_cache
from random import getrandbits
from typing import Final

from mcp.server.streamable_http import check_accept_headers
from starlette.requests import Request
from starlette.types import Scope

from servicekit.auth.resource_metadata import PUBLIC_METHODS, metadata_paths
from servicekit.http.refusal import Refusal
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.redaction import redact

_MAX_HEADERS: Final = 100
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9_.:\-]{8,128}")
_PROBES: Final = frozenset({"/live", "/ready"})  # kubelets send the pod's address as Host
_CLOSE: Final = ((b"connection", b"close"),)
_UTF_8: Final = frozenset({"utf-8", "utf8"})


class Head:
    """The head of one request.

    Attributes:
        request_id: the id in log lines and in `X-Request-ID` of the response; a proxy's own, if it sent a valid one
            without a secret in it.
        fields: the value of each header field; the first where a field is repeated.
        repeated: names of repeated fields.
    """

    __slots__ = ("fields", "method", "path", "repeated", "request_id", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.fields: dict[bytes, bytes] = {}
        self.repeated: set[bytes] = set()
        fields = self.fields
        for name, value in scope["headers"]:
            if name in fields:
                self.repeated.add(name)
            else:
                fields[name] = value
        self.request_id = _request_id(fields.get(b"x-request-id"))

    def joined(self, name: bytes) -> bytes:
        """The value of a list-based field, with its repetitions (RFC 9110 §5.3); empty where it is absent."""
        if name not in self.repeated:
            return self.fields.get(name, b"")
        return b",".join(value for field, value in self.scope["headers"] if field == name)

    def text(self, name: bytes) -> str:
        """The value of a field; empty where it is absent."""
        return self.fields.get(name, b"").decode("latin-1")


def _request_id(given: bytes | None) -> str:
    if given is None or _REQUEST_ID.fullmatch(given) is None:
        return random_id()
    text = given.decode()
    return text if redact(text) == text else random_id()


def random_id() -> str:
    """A request id: 32 hexadecimal digits. It names a request, and no secret depends on it."""
    return f"{getrandbits(128):032x}"


class HeadRules:
    """Which heads a server accepts: number of fields, framing, hosts, origins, media types."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._hosts = {host.encode() for host in settings.hosts}
        self._origins = {origin.encode() for origin in settings.origins}
        self._public_paths = metadata_paths(settings.public_url)

    def check(self, head: Head) -> None:
        """Check number of fields, framing, `Host` and `Origin`, for every route.

        Raises:
            Refusal: the head breaks a rule.
        """
        fields, repeated = head.fields, head.repeated
        headers: list[tuple[bytes, bytes]] = head.scope["headers"]
        # More bytes than a head may have do not come this far under our HTTP server (`uvicorn_protocol`).
        if len(headers) > _MAX_HEADERS:
            raise Refusal("too_many_headers", "The request has too many headers.", _CLOSE)
        if b"content-length" in fields and b"transfer-encoding" in fields:
            raise Refusal("two_lengths", "Send Content-Length or Transfer-Encoding, not both.", _CLOSE)
        if head.path in _PROBES:
            return
        if b"host" in repeated:  # RFC 9112 §3.2
            raise Refusal("two_hosts", "Send one Host header.", _CLOSE)
        host = fields.get(b"host")
        if not host:
            raise Refusal("no_host", "Send a Host header.", _CLOSE)
        if host not in self._hosts:
            raise Refusal("other_host", "This server does not serve that Host. Use its public URL.", _CLOSE)
        is_public = head.path in self._public_paths and head.method in PUBLIC_METHODS
        is_allowed = b"origin" not in repeated and fields.get(b"origin") in self._origins
        if b"origin" in fields and not is_allowed and not is_public:
            words = (
                "This server does not allow web pages of that Origin. Ask its operator to add it to ALLOWED_ORIGINS."
            )
            raise Refusal("other_origin", words, _CLOSE)

    def check_post(self, head: Head) -> None:
        """Check method and media types of a request to the MCP endpoint.

        Raises:
            Refusal: the client has to send it differently.
        """
        if head.method != "POST":
            # GET streams and DELETE belong to sessions (revisions before 2026-07-28), which this server does not keep.
            raise Refusal("method_not_allowed", "Send MCP messages with POST.", ((b"allow", b"POST"),))
        if b"content-type" in head.repeated:
            raise Refusal("media_type", "Send one Content-Type header.")
        problem = _content_problem(head.fields.get(b"content-type", b""))
        if problem:
            raise Refusal("media_type", problem)
        encoding = head.fields.get(b"content-encoding", b"identity").strip().lower()
        if encoding != b"identity":
            words = "Send the body without Content-Encoding; this server reads no compressed bodies."
            raise Refusal("media_type", words, ((b"accept-encoding", b"identity"),))  # RFC 9110 §15.5.16
        if not accepts_both(head.joined(b"accept")):
            words = "Send Accept: application/json, text/event-stream. A response can be either."
            raise Refusal("not_acceptable", words)


@lru_cache(256)
def accepts_both(accept: bytes) -> bool:
    """Whether a client accepts JSON and event streams, which the MCP transport requires; `q=0` excludes a type."""
    ranges = [one for one in accept.split(b",") if _weight(one) > 0]
    request = Request({"type": "http", "headers": [(b"accept", b",".join(ranges))]})
    return all(check_accept_headers(request))


def _weight(media_range: bytes) -> float:
    for parameter in media_range.split(b";")[1:]:
        name, _, value = parameter.strip().partition(b"=")
        if name.strip().lower() == b"q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(256)
def _content_problem(content_type: bytes) -> str | None:
    """Why a Content-Type is not JSON in UTF-8; None where it is. Names are compared without case (RFC 9110 §8.3.1)."""
    media_type, *parameters = content_type.decode("latin-1").lower().split(";")
    if media_type.strip() != "application/json":
        return "Send Content-Type: application/json."
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in _UTF_8:
            return "Send the body in UTF-8; JSON has no other charset (RFC 8259 §8.1)."
    return None
