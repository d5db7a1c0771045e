"""Kinds of URLs in settings, checked at start-up."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    return host in ("localhost", "127.0.0.1", "::1", "[::1]")


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if (
        parts.scheme not in ("http", "https")
        or not parts.netloc
        or "@" in parts.netloc
        or parts.path != "/mcp"
        or parts.query
        or parts.fragment
    ):
        raise ValueError("write it as https://host/mcp")
    return value


def _collector(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("write it as http://host:port")
    return value.rstrip("/")


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("use an https:// URL; http:// is accepted for this machine only")
    return value


PublicUrl = Annotated[str, AfterValidator(_endpoint)]
"""The URL of an MCP endpoint."""
CollectorUrl = Annotated[str, AfterValidator(_collector)]
"""The base URL of a collector, without a slash at its end."""
IssuerUrl = Annotated[str, AfterValidator(_issuer)]
"""A URL of an issuer: https, except on this machine."""
