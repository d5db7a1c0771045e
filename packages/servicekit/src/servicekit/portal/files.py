"""The files of the page, prepared at start. They hold nothing private: the page asks the server for the rest."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}
_SCRIPTS_AND_STYLES: Final = (".css", ".js")
_LINK: Final = '<a href="{}">{}</a>'


@dataclass(frozen=True)
class File:
    """A file to serve.

    Attributes:
        headers: `Content-Type`, and what keeps the browser from doing more than the page needs.
    """

    content: bytes
    headers: Mapping[str, str]


def portal_files(
    title: str,
    body: str,
    *,
    documents: Mapping[str, Any],
    servers: Iterable[str] = (),
    links: Iterable[tuple[str, str]] = (),
) -> dict[str, File]:
    """The files of a portal, by path from its root: the page itself is ``""``.

    Args:
        title: of the page, for people.
        body: HTML for browsers without scripts, with everything untrusted escaped.
        documents: JSON documents by name, such as ``portal.json``, served beside the scripts.
        servers: origins that the page asks, besides its own: the issuer, and servers elsewhere.
        links: address and title of other pages.
    """
    anchors = "".join(_LINK.format(escape(url), escape(words)) for url, words in links)
    frame = Template(page_files()["index.html"].decode())
    page = frame.substitute(title=escape(title), body=body, links=anchors)
    found = {"": file_of(".html", page.encode(), content_security_policy(servers))}
    for name, content in page_files().items():
        if name.endswith(_SCRIPTS_AND_STYLES):
            found[f"portal/{name}"] = file_of(name[name.rindex(".") :], content)
    for name, document in documents.items():
        found[f"portal/{name}"] = file_of(".json", json.dumps(document, ensure_ascii=False).encode())
    return found


@cache
def page_files() -> dict[str, bytes]:
    """The page's frame, scripts and styles, by name. Pages of the developer kit use the same look."""
    folder = files("servicekit.portal") / "page"
    return {
        file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith((".html", *_SCRIPTS_AND_STYLES))
    }


def content_security_policy(servers: Iterable[str] = ()) -> str:
    """The policy of the page: scripts and styles of its own origin only, none inline, and no text made into markup.

    Args:
        servers: origins that the page may ask, besides its own.
    """
    asked = " ".join(dict.fromkeys(["'self'", *servers]))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src {asked}; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


def file_of(ending: str, content: bytes, policy: str = "default-src 'none'") -> File:
    """A file to serve. `ending` is ``.html``, ``.css``, ``.js`` or ``.json``."""
    headers = {
        "Content-Type": f"{_TYPES[ending]}; charset=utf-8",
        "Content-Security-Policy": policy,
        # Asked again each time, so that a page never runs with scripts of another release.
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return File(content, headers)
