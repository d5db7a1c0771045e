"""Routing by the path as it was sent: GitHub tells an encoded slash inside a name from one between two parts.

``commits/fix%2Fstatus`` is the commit of a branch, ``commits/fix/status`` the status of another one.
"""

from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

_INSIDE = "\ue000"
"""In place of an encoded slash while a request is routed; no name has this character."""


def by_raw_path(app: ASGIApp) -> ASGIApp:
    """The application with paths in which `without_marks` finds the slashes of names."""

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path")
        if scope["type"] == "http" and raw:
            parts = raw.decode("ascii").partition("?")[0].split("/")
            scope = {**scope, "path": "/".join(unquote(part).replace("/", _INSIDE) for part in parts)}
        await app(scope, receive, send)

    return routed


def without_marks(text: str) -> str:
    """A path, or a value of one, with its slashes."""
    return text.replace(_INSIDE, "/")
