"""Protected resource metadata, and the challenges that refer to it (RFC 9728, RFC 6750)."""

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from servicekit.auth.scopes import IssuerScopes
from servicekit.settings.service import ServiceSettings

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"
PUBLIC_METHODS: Final = ("GET", "HEAD", "OPTIONS")
"""The methods by which web pages of every origin may read the metadata."""
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3; others would break the challenge's quotes


def metadata_paths(public_url: str) -> frozenset[str]:
    """The paths that serve the metadata of a resource.

    RFC 9728 §3.1 gives the one with the resource's path. Some clients try without it, or end it with a slash.
    """
    path = urlsplit(public_url).path.rstrip("/")
    return frozenset({f"{WELL_KNOWN}{path}", f"{WELL_KNOWN}{path}/", WELL_KNOWN, f"{WELL_KNOWN}/"})


class ResourceMetadata:
    """The metadata by which clients find the authorization server.

    Attributes:
        document: the metadata document (RFC 9728 §2).
        paths: the paths that serve it (`metadata_paths`).
    """

    def __init__(self, settings: ServiceSettings, name: str, scopes: Iterable[str]) -> None:
        parts = urlsplit(settings.public_url)
        self._own = frozenset(scopes)
        self._names = IssuerScopes(settings)
        self._requests = self._names.request(self._own)
        self._url = f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path}"
        self.paths = metadata_paths(settings.public_url)
        self.document: dict[str, Any] = {
            "resource": settings.public_url,
            "resource_name": name,
            "bearer_methods_supported": ["header"],
        }
        if self._requests:
            self.document["scopes_supported"] = self._requests
        if settings.issuer is not None:
            self.document["authorization_servers"] = [settings.issuer]

    def challenge(
        self,
        error: str | None = None,
        description: str | None = None,
        scopes: Iterable[str] = (),
        granted: Iterable[str] = (),
    ) -> str:
        """A `WWW-Authenticate` value.

        Args:
            error: RFC 6750 §3.1 code; None for requests without a credential, as that section requires.
            description: a sentence for developers, without quotes or input.
            scopes: the scopes that the operation needs, named as clients request them; all of the server where empty.
            granted: the scopes of the caller's token, for clients of revision 2025-11-25 and before, which replace the
                token by one with the scopes of the challenge. Clients of 2026-07-28 add both themselves (SEP-2350).
        """
        wanted = list(scopes)
        named = self._requests
        if wanted:
            kept = (name for name in self._names.repeat(granted, self._own) if _SCOPE.fullmatch(name))
            named = sorted({*self._names.request(wanted), *kept})
        parts = [f'error="{error}"'] if error else []
        if description:
            parts.append(f'error_description="{description}"')
        if named:
            parts.append(f'scope="{" ".join(named)}"')
        parts.append(f'resource_metadata="{self._url}"')
        return "Bearer " + ", ".join(parts)
