"""Protects servers on the loopback address, which have no sign-in, from web pages in the developer's browser.

Any site's page can send requests to this machine: forms and plain-text posts directly, anything under a host name of
its own that it lets point here (DNS rebinding). Browsers say where a request comes from, in `Host`, `Origin` and the
fetch metadata (https://www.w3.org/TR/fetch-metadata/); programs send none of the latter two.
"""

import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
LOOPBACK_ORIGIN: Final = r"https?://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?"
"""Matches the origins of web pages that this machine serves, on any port."""
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
ANY_TYPE: Final = "*/*"
"""For paths that take files. Their requests need a credential that no page of another site can add."""

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})
_HTTP_PORT: Final = 80
_ORIGIN: Final = re.compile(LOOPBACK_ORIGIN)


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Guard:
    """ASGI middleware that refuses what a page of another site could send. The outermost one: nothing else sees it.

    - `Host` is a loopback name with the port that is served, or one of `hosts`.
    - `Origin`, where there is one, is that of an own page; on `client_paths` also that of another page of this machine,
      or one of `origins`.
    - A browser's request from elsewhere only opens one of `pages`, as a link does.
    - A body has a media type that the path takes: JSON by default.

    Args:
        hosts: further `Host` headers, exact, with port.
        origins: further origins of web clients, exact.
        pages: paths to which other sites may link. Opening them changes nothing.
        client_paths: paths of an API for web clients on this machine. The application answers with CORS headers.
        media_types: what paths take, by pattern, in which * matches any characters.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str] = (),
        origins: Collection[str] = (),
        pages: Collection[str] = ("/",),
        client_paths: Collection[str] = (),
        media_types: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(origins)
        self._pages = frozenset(pages)
        self._client_paths = frozenset(client_paths)
        self._media_types = dict(media_types or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope)
            except _Refused as refusal:
                await PlainTextResponse(f"{refusal.reason}\n", refusal.status)(scope, receive, send)
                return
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers, path, method = Headers(scope=scope), scope["path"], scope["method"]
        hosts = self._accepted_hosts(scope)
        if _only(headers, "host") not in hosts:
            raise _Refused(421, f"This server is at {' and '.join(sorted(hosts))} only.")
        origin = _only(headers, "origin")
        if origin is not None:
            if not self._is_accepted(origin, path, hosts):
                raise _Refused(403, "Pages of other sites may not use this server.")
        elif headers.get("sec-fetch-site", "none") not in _OWN_SITE and not self._is_link(headers, path, method):
            raise _Refused(403, "Pages of other sites may only link to this server.")
        if method not in _READING:
            self._check_media_type(headers, path)

    def _accepted_hosts(self, scope: Scope) -> frozenset[str]:
        port = scope["server"][1]
        names = {f"{name}:{port}" for name in LOOPBACK_NAMES}
        return self._hosts.union(names, LOOPBACK_NAMES if port == _HTTP_PORT else ())

    def _is_accepted(self, origin: str, path: str, hosts: Collection[str]) -> bool:
        if origin.removeprefix("http://") in hosts and origin.startswith("http://"):
            return True
        return path in self._client_paths and (origin in self._origins or _ORIGIN.fullmatch(origin) is not None)

    def _is_link(self, headers: Headers, path: str, method: str) -> bool:
        fetch = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
        return method in _READING and path in self._pages and fetch == ("navigate", "document")

    def _check_media_type(self, headers: Headers, path: str) -> None:
        accepted = next((types for mask, types in self._media_types.items() if fnmatchcase(path, mask)), (JSON,))
        if ANY_TYPE in accepted:
            return
        given = _only(headers, "content-type")
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if given is None and not has_body:
            return
        if given is None or given.partition(";")[0].strip().lower() not in accepted:
            raise _Refused(415, f"Content-Type must be {' or '.join(accepted)}.")


def _only(headers: Headers, name: str) -> str | None:
    """The value of a header; None where it is absent. A repeated one is refused: which one counts is not certain."""
    values = headers.getlist(name)
    if len(values) > 1:
        raise _Refused(400, f"Send one {name.title()} header.")
    return values[0] if values else None
