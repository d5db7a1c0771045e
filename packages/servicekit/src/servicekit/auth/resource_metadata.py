"""Protected resource metadata, and the challenges that refer to it (RFC 9728, RFC 6750)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from servicekit.settings.service import ServiceSettings

WELL_KNOWN = "/.well-known/oauth-protected-resource"


class ResourceMetadata:
    """The metadata by which clients find the authorization server.

    Attributes:
        document: the metadata document (RFC 9728 §2).
        paths: the paths that serve it: with the resource's path (RFC 9728 §3.1), and without, which some clients try.
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
            error: RFC 6750 §3.1 code; None for requests without a credential, as that section requires.
            description: a sentence for developers, without quotes or input.
            scopes: the scopes that the operation needs; all scopes of the server where empty.
        """
        parts = [f'error="{error}"'] if error else []
        if description:
            parts.append(f'error_description="{description}"')
        parts.append(f'scope="{" ".join(sorted(scopes)) or self._scopes}"')
        parts.append(f'resource_metadata="{self._url}"')
        return "Bearer " + ", ".join(parts)
