"""Redirect URIs, read as browsers read them: a browser follows the redirect, whatever another parser makes of it."""

import re
from collections.abc import Iterable
from typing import Final

import ada_url

from devkit.issuer.errors import OAuthError
from devkit.loopback.guard import LOOPBACK_NAMES

OTHER_SCHEMES: Final = frozenset({
    "about:", "blob:", "chrome:", "cid:", "content:", "data:", "dav:", "facetime:", "feed:", "file:", "filesystem:",
    "ftp:", "gopher:", "hcp:", "intent:", "itms-services:", "jar:", "javascript:", "ldap:", "livescript:", "magnet:",
    "mailto:", "microsoft-edge:", "mid:", "mk:", "mocha:", "nfs:", "res:", "resource:", "rtsp:", "search-ms:", "sftp:",
    "shell:", "sip:", "sips:", "sms:", "smb:", "ssh:", "tel:", "telnet:", "vbscript:", "view-source:", "ws:", "wss:",
    "wyciwyg:",
})  # fmt: skip
"""Schemes that are no application's own, and that a browser or the system would open, run or load."""
_OTHER_KINDS: Final = re.compile(r"ms-.*|.*-extension:|web\+.*|(?:file|http|https)\+.*")
"""Handlers of Windows, pages of browser extensions, and other ways to load a page."""


def browser_url(text: str) -> ada_url.URL | None:
    """A URL (WHATWG URL Standard); None unless `text` is exactly what a browser makes of it.

    So another parser cannot find another host in it: `http://evil.example\\@127.0.0.1/`, `http://127.1/`, `https:host`,
    letters outside ASCII, percent-encoded hosts, controls and dot segments are all written otherwise by browsers.
    """
    if not text.isascii() or not text.isprintable() or not {" ", "\\", "#"}.isdisjoint(text):
        return None
    try:
        url = ada_url.URL(text)
    except ValueError:
        return None
    is_written_so = text in (url.href, url.href.removesuffix("/") if url.pathname == "/" and not url.search else None)
    return url if is_written_so and not url.username and not url.password and "%" not in url.hostname else None


def is_on_loopback(url: ada_url.URL) -> bool:
    """Whether a URL is of a program on this machine that serves http."""
    return url.protocol == "http:" and url.hostname in LOOPBACK_NAMES


def check_redirect_uris(uris: Iterable[str]) -> None:
    """Raise `OAuthError` unless each redirect URI is https, http on loopback, or has an application's own scheme."""
    checked = 0
    for uri in uris:
        checked += 1
        _check(uri)
    if not checked:
        raise OAuthError("invalid_redirect_uri", "redirect_uris must name at least one URI.")


def is_same_destination(requested: str, registered: str) -> bool:
    """Whether a request may use a redirect URI: the registered one exactly, or on loopback with another port.

    A native application gets its port at run time (RFC 8252 §7.3).
    """
    one, other = browser_url(requested), browser_url(registered)
    if one is None or other is None:
        return False
    if requested == registered:
        return True
    return (
        is_on_loopback(one)
        and is_on_loopback(other)
        and (one.hostname, one.pathname, one.search) == (other.hostname, other.pathname, other.search)
    )


def _check(uri: str) -> None:
    url = browser_url(uri)
    if url is None:
        raise OAuthError(
            "invalid_redirect_uri",
            "A redirect URI must be absolute and written as browsers write it, without user, fragment, backslash and "
            "characters outside ASCII, such as http://127.0.0.1/callback.",
        )
    if url.protocol in OTHER_SCHEMES or _OTHER_KINDS.fullmatch(url.protocol):
        raise OAuthError("invalid_redirect_uri", "This scheme is no application's own. Use https.")
    if url.protocol == "http:" and not is_on_loopback(url):
        raise OAuthError("invalid_redirect_uri", "An http redirect URI must have a loopback host. Use https.")
