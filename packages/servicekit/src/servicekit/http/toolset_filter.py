"""The toolset filter of a client: the headers `X-MCP-Toolsets` and `X-MCP-Readonly`. Plain ASGI.

The headers can only restrict what the operator offers and the credential allows.
"""

from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.core.asgi_scope import CALLER
from servicekit.core.caller import ToolsetFilter
from servicekit.registry.registry import Registry

TOOLSETS: Final = "x-mcp-toolsets"
READ_ONLY: Final = "x-mcp-readonly"
_YES: Final = frozenset({"true", "1", "yes"})
_NO: Final = frozenset({"false", "0", "no", ""})
_ALL: Final = frozenset({"all", "default"})


class ToolsetFilterMiddleware:
    """Adds the client's toolset filter to the caller. Unknown values are answered 400."""

    def __init__(self, app: ASGIApp, registry: Registry) -> None:
        self._app = app
        self._toolsets = registry.toolsets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if TOOLSETS in headers or READ_ONLY in headers:
            try:
                toolset_filter = ToolsetFilter(self._requested_toolsets(headers), _is_read_only(headers))
            except ValueError as problem:
                body = {"error": "invalid_request", "error_description": str(problem)}
                await JSONResponse(body, 400)(scope, receive, send)
                return
            scope[CALLER] = replace(scope[CALLER], toolset_filter=toolset_filter)
        await self._app(scope, receive, send)

    def _requested_toolsets(self, headers: Headers) -> frozenset[str] | None:
        """The toolsets of the header; None for all, or where the server has no toolsets."""
        words = frozenset(",".join(headers.getlist(TOOLSETS)).lower().replace(",", " ").split())
        if not words or not self._toolsets or words & _ALL:
            return None
        if not words <= self._toolsets:
            raise ValueError(f"X-MCP-Toolsets must be all, or a list of: {', '.join(sorted(self._toolsets))}.")
        return words


def _is_read_only(headers: Headers) -> bool:
    words = [value.strip().lower() for value in headers.getlist(READ_ONLY)]
    if not all(word in _YES | _NO for word in words):
        raise ValueError("X-MCP-Readonly must be true or false.")
    return any(word in _YES for word in words)
