"""URLs of an upstream: one origin, and paths of percent-encoded segments."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from pydantic import AfterValidator

from servicekit.core.errors import Refused
from servicekit.settings.urls import is_loopback


class _EndingSlash(str):
    """The last segment of a path that ends with a slash. An empty text of a caller is refused, and is none of these."""

    __slots__ = ()


ENDING_SLASH: Final = _EndingSlash()
"""Put after the last segment of a path that ends with a slash: ``["pets", ENDING_SLASH]`` is ``/pets/``."""


class Repeated(tuple[str | int | float, ...]):
    """A list that is sent as one parameter for each value: ``tag=a&tag=b``."""

    __slots__ = ()


Query = Mapping[str, str | int | float | bool | Sequence[str | int | float] | None]
"""Query parameters. None omits one, True is sent as ``true``, a list is joined with commas unless it is `Repeated`."""

_MAX_SEGMENT_LENGTH = 1024
_MAX_URL_LENGTH = 16 * 1024  # a common limit of servers; httpx2 itself raises beyond 64 KiB


class Origin:
    """The base URL of an upstream.

    Args:
        base_url: ``https://host[:port][/path]``.
        redirect_hosts: other hosts that redirects may lead to, over the same scheme and without credentials:
            ``logs.example.com``, ``*.example.com`` for its subdomains, or with a port that is not the scheme's default.

    Attributes:
        host: the host name, for metrics and spans.
        port: the port, or the scheme's default.
        path: the base URL's path, such as ``/api/v3``; empty for none.
    """

    def __init__(self, base_url: str, redirect_hosts: Sequence[str] = ()) -> None:
        parts = urlsplit(base_url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.query
            or parts.fragment
            or "@" in parts.netloc
        ):
            raise ValueError("the base URL must be https://host[:port][/path], for example https://api.example.com/v3")
        self.scheme = parts.scheme
        self.host = parts.hostname
        self.port = parts.port or _default_port(parts.scheme)
        self._host = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path.rstrip("/")
        self._redirect_hosts = tuple(redirect_hosts)

    def url(self, segments: Sequence[str | int], query: Query | None = None, root: str | None = None) -> str:
        """The URL of a path below the base URL, with percent-encoded segments.

        Args:
            root: replaces the path of the base URL, for an API beside it: ``/api/graphql`` beside ``/api/v3``.

        Raises:
            Refused: a segment cannot be encoded safely, or the URL is too long.
        """
        named = segments[:-1] if segments and segments[-1] is ENDING_SLASH else segments
        path = "".join(f"/{_segment(str(segment))}" for segment in named) + ("/" if named is not segments else "")
        parameters = [
            (name, _format_value(value))
            for name, given in (query or {}).items()
            for value in (given if isinstance(given, Repeated) else (given,))
            if value is not None
        ]
        url = f"{self._host}{self.path if root is None else root}{path}" + (
            f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""
        )
        if len(url) > _MAX_URL_LENGTH:
            raise Refused("The request is too long for one URL. Use fewer or shorter terms.")
        return url

    def redirected(self, url: str, location: str) -> tuple[str, bool] | None:
        """The target of a redirect, and whether it is on this origin; None where the target is not allowed."""
        try:
            target = urljoin(url, location)
            parts = urlsplit(target)
            port = parts.port or _default_port(parts.scheme)
        except ValueError:
            return None
        # RFC 3986 §2: a URL is ASCII. Parsers disagree about the host of one that is not.
        if not (target.isascii() and target.isprintable()) or len(target) > _MAX_URL_LENGTH:
            return None
        if parts.username is not None or parts.hostname is None or parts.scheme != self.scheme:
            return None
        if (parts.hostname, port) == (self.host, self.port):
            return target, True
        host = parts.hostname if port == _default_port(self.scheme) else f"{parts.hostname}:{port}"
        return (target, False) if any(_matches(host, name) for name in self._redirect_hosts) else None


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _matches(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _segment(text: str) -> str:
    # Dots stay unencoded, and clients and proxies resolve these two segments (RFC 3986 §5.2.4).
    if text in ("", ".", "..") or len(text) > _MAX_SEGMENT_LENGTH:
        raise Refused(
            "A name in the request is empty, '.', '..' or longer than 1024 characters. Use the name of a record."
        )
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise Refused("A name in the request is not valid Unicode text. Use the name of a record.") from None


def _format_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)


def _require_https(value: str) -> str:
    origin = Origin(value)
    if origin.scheme != "https" and not is_loopback(origin.host):
        raise ValueError("must be https://host (http only for this machine), for example https://api.example.com")
    return value


UpstreamUrl = Annotated[str, AfterValidator(_require_https)]
"""The type of a setting with the base URL of an upstream."""
