"""Serves the protected resource metadata (RFC 9728) to web pages of every origin.

It has no limit by address, by which one client could keep others behind the same proxy from signing in: the response is
prepared at start.
"""

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.auth.resource_metadata import PUBLIC_METHODS, ResourceMetadata

_METHODS: Final = ", ".join(PUBLIC_METHODS)
_CORS: Final = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT: Final = {
    **_CORS,
    "Allow": _METHODS,
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "*",  # MCP clients send MCP-Protocol-Version with every request
    "Access-Control-Max-Age": "3600",
}
_ANSWER: Final = {**_CORS, "Cache-Control": "max-age=3600"}
_OTHER_METHOD: Final = JSONResponse({"detail": "Method Not Allowed"}, 405, {"Allow": _METHODS})


class MetadataRoutes:
    """Answers requests for the metadata and passes others to the application.

    Stands before the CORS rules of `allowed_origins`: a client in a browser reads the metadata before an operator
    knows of it. The metadata holds no secret, and needs no credential.
    """

    def __init__(self, app: ASGIApp, metadata: ResourceMetadata) -> None:
        self._app = app
        self._paths = metadata.paths
        self._responses: Mapping[str, Response] = {
            "OPTIONS": Response(status_code=204, headers=_PREFLIGHT),
            **dict.fromkeys(("GET", "HEAD"), JSONResponse(metadata.document, headers=_ANSWER)),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in self._paths:
            await self._responses.get(scope["method"], _OTHER_METHOD)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
