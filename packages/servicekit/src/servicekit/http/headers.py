"""Request headers: Host and Origin checks, bounds of number and size, and the request id."""

import re
import uuid
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.auth.resource_metadata import PUBLIC_METHODS, metadata_paths
from servicekit.core.asgi_scope import REQUEST_ID
from servicekit.http.responses import protocol_error
from servicekit.settings.service import ServiceSettings

_MAX_HEADERS: Final = 100
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.:\-]{8,128}")
_PROBES: Final = frozenset({"/live", "/ready"})  # kubelets send the pod's address as Host
_CLOSE: Final = {"Connection": "close"}


class HeaderMiddleware:
    """Checks request headers and assigns the request id.

    A valid `X-Request-ID` from a proxy is kept. The id is in log lines and in `X-Request-ID` of the response.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._hosts = {host.encode() for host in settings.hosts}
        self._origins = {origin.encode() for origin in settings.allowed_origins}
        self._public_paths = metadata_paths(settings.public_url)
        self._max_bytes = settings.max_header_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID] = _request_id(scope)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_with_id)

    def _refusal(self, scope: Scope) -> Response | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if len(headers) > _MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > self._max_bytes:
            return protocol_error(431, "The request has too many or too large headers.", _CLOSE)
        named: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            if name in (b"host", b"origin", b"content-length", b"transfer-encoding"):
                named.setdefault(name, []).append(value)
        if b"content-length" in named and b"transfer-encoding" in named:
            return protocol_error(400, "Send Content-Length or Transfer-Encoding, not both.", _CLOSE)
        if scope["path"] in _PROBES:
            return None
        hosts = named.get(b"host", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return protocol_error(421, "This server does not serve that Host. Use its public URL.", _CLOSE)
        public = scope["path"] in self._public_paths and scope["method"] in PUBLIC_METHODS
        if not public and not self._origins.issuperset(named.get(b"origin", ())):
            return protocol_error(
                403,
                "This server does not allow web pages of that Origin. Ask its operator to add it.",
                _CLOSE,
            )
        return None


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return str(given)
    return uuid.uuid4().hex
