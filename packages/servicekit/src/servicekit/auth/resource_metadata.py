"""Protected resource metadata and the challenges that point at it (RFC 9728, RFC 6750)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from servicekit.settings.service import ServiceSettings

WELL_KNOWN = "/.well-known/oauth-protected-resource"


class ResourceMetadata:
    """How a client learns where to sign in.

    Attributes:
        document: the metadata document (RFC 9728 §2).
        paths: where it is served: with the resource's own path inserted (RFC 9728 §3.1), and the bare path that some
            clients try.
    """

    def __init__(self, settings: ServiceSettings, name: str, scopes: Iterable[str]) -> None:
        parts = urlsplit(settings.public_url)
        self._scopes = " ".join(sorted(scopes))
        self._url = f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path}"
        self.paths = (f"{WELL_KNOWN}{parts.path}", WELL_KNOWN)
        self.document: dict[str, Any] = {
            "resource": settings.public_url,
            "resource_name": name,
            "scopes_supported": self._scopes.split(),
            "bearer_methods_supported": ["header"],
        }
        if settings.issuer is not None:
            self.document["authorization_servers"] = [settings.issuer]

    def challenge(self, error: str | None = None, description: str | None = None, scopes: Iterable[str] = ()) -> str:
        """A `WWW-Authenticate` value.

        Args:
            error: RFC 6750 §3.1 code; None where no credentials came, as that section asks.
            description: a sentence for whoever reads the header; no quotes, no input.
            scopes: what the operation needs; everything this server has where empty.
        """
        parts = [f'error="{error}"'] if error else []
        if description:
            parts.append(f'error_description="{description}"')
        parts.append(f'scope="{" ".join(sorted(scopes)) or self._scopes}"')
        parts.append(f'resource_metadata="{self._url}"')
        return "Bearer " + ", ".join(parts)
