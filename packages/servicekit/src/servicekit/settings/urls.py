"""Rules for URLs in settings."""

from urllib.parse import urlsplit


def check_public_url(value: str) -> str:
    """The URL of an MCP endpoint. Raises `ValueError` for another."""
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


def check_collector_url(value: str | None) -> str | None:
    """The URL of a collector, without a slash at its end. Raises `ValueError` for another."""
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("write it as http://host:port")
    return value.rstrip("/")


def check_https(value: str | None) -> str | None:
    """An https URL, or one of this machine. Raises `ValueError` for another."""
    if value is not None:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ValueError("use an https:// URL; http:// is accepted for this machine only")
    return value


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    return host in ("localhost", "127.0.0.1", "::1", "[::1]")
