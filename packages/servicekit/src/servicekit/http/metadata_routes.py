"""Serves the protected resource metadata (RFC 9728) to web pages of every origin."""

from typing import Final

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.auth.address_limits import AddressLimits, too_many_requests
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


class MetadataRoutes:
    """Answers requests for the metadata and passes others to the application.

    Stands before the CORS rules of `allowed_origins`: a client in a browser reads the metadata before an operator
    knows of it. The metadata holds no secret, and needs no credential.
    """

    def __init__(self, app: ASGIApp, metadata: ResourceMetadata, addresses: AddressLimits) -> None:
        self._app = app
        self._metadata = metadata
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in self._metadata.paths:
            await self._response(scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _response(self, scope: Scope) -> Response:
        if scope["method"] not in PUBLIC_METHODS:
            return JSONResponse({"detail": "Method Not Allowed"}, 405, {"Allow": _METHODS})
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        if not self._addresses.admits(scope, "metadata"):
            response = too_many_requests()
            response.headers.update(_CORS)
            return response
        return JSONResponse(self._metadata.document, headers=_ANSWER)
