"""Where an upstream is: one origin, a path made of encoded segments, and no way to anywhere else."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote, urlencode, urljoin, urlsplit

from pydantic import AfterValidator

from servicekit.core.errors import Refused
from servicekit.settings.service import is_loopback

Query = Mapping[str, str | int | float | bool | Sequence[str | int | float] | None]
"""Parameters of a URL. None leaves one out, a list is written with commas, True as ``true``."""

_LONGEST_SEGMENT = 1024
_LONGEST_URL = 16 * 1024  # what servers commonly take at most; the client refuses 64 KiB with an error of its own


class Origin:
    """The base URL of an upstream.

    Args:
        base_url: ``https://host[:port][/path]``.
        elsewhere: hosts that its redirects may also lead to, over the same scheme and without credentials; ``*.`` in
            front stands for any subdomain, and a port other than the scheme's own has to be named.

    Attributes:
        host: its name, for metrics and spans.
        port: the port, also where the URL leaves it out.
    """

    def __init__(self, base_url: str, elsewhere: Sequence[str] = ()) -> None:
        parts = urlsplit(base_url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.query
            or parts.fragment
            or "@" in parts.netloc
        ):
            raise ValueError("a base URL is https://host[:port][/path]")
        self.scheme = parts.scheme
        self.host = parts.hostname
        self.port = parts.port or _default_port(parts.scheme)
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._elsewhere = tuple(elsewhere)

    def url(self, segments: Sequence[str | int], query: Query | None = None) -> str:
        """The URL of a path below the base; each segment stays one segment, whatever is in it.

        Raises:
            Refused: a segment that no encoding can hold together, or more than a URL can carry.
        """
        path = "".join(f"/{_segment(str(segment))}" for segment in segments)
        parameters = [(name, _written(value)) for name, value in (query or {}).items() if value is not None]
        url = f"{self._base}{path}" + (f"?{urlencode(parameters, quote_via=quote)}" if parameters else "")
        if len(url) > _LONGEST_URL:
            raise Refused("What is asked for does not fit into one address. Ask for less, or in shorter words.")
        return url

    def redirected(self, url: str, location: str) -> tuple[str, bool] | None:
        """Where a redirect leads, and whether that is still this origin; None where nobody may be led."""
        try:
            target = urljoin(url, location)
            parts = urlsplit(target)
            port = parts.port or _default_port(parts.scheme)
        except ValueError:
            return None
        # RFC 3986 §2: a URL is plain ASCII. What is not, two readers may understand as two hosts.
        if not (target.isascii() and target.isprintable()) or len(target) > _LONGEST_URL:
            return None
        if parts.username is not None or parts.hostname is None or parts.scheme != self.scheme:
            return None
        if (parts.hostname, port) == (self.host, self.port):
            return target, True
        host = parts.hostname if port == _default_port(self.scheme) else f"{parts.hostname}:{port}"
        return (target, False) if any(_matches(host, name) for name in self._elsewhere) else None


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _matches(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _segment(text: str) -> str:
    # Dots are not encoded, and a client or a proxy may resolve these two before anybody reads them (RFC 3986 §5.2.4).
    if text in ("", ".", "..") or len(text) > _LONGEST_SEGMENT:
        raise Refused("A part of the address is empty, too long, '.' or '..', which cannot name anything.")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise Refused("A part of the address is not valid Unicode text.") from None


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)


def _fit_for_credentials(value: str) -> str:
    address = Origin(value)
    if address.scheme != "https" and not is_loopback(address.host):
        raise ValueError("write it as https://host (or http on this machine)")
    return value


UpstreamUrl = Annotated[str, AfterValidator(_fit_for_credentials)]
"""A setting that holds the base URL of an upstream."""
