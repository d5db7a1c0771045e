"""The configuration of the issuer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from devkit.issuer.errors import OAuthError

TENANTS = ("acme", "globex")
"""The tenants of the sample data."""
IDENTITY_SCOPES = ("openid", "offline_access")
"""Scopes of OpenID Connect; no tool needs them."""
MACHINE_CLIENT = "dev-m2m"
"""The client id for client_credentials."""


@dataclass(frozen=True)
class Resource:
    """A server of the fleet."""

    name: str
    title: str
    url: str
    """Its MCP endpoint, the audience of its tokens."""
    scopes: Sequence[str]


@dataclass(frozen=True)
class IssuerConfiguration:
    """The issuer's URL and what its tokens may contain."""

    url: str
    """`iss` of every token: the origin, without a trailing slash."""
    scopes: Sequence[str]
    """Every scope of the fleet."""
    machine_secret: str
    """The secret of the machine client."""
    tenants: Sequence[str] = TENANTS
    reads_documents: bool = True
    """Whether a client id may be the URL of its metadata document, which the issuer then fetches."""
    resources: Sequence[Resource] = ()
    """The servers that trust the issuer. It accepts others as well, such as replicas on another port."""

    def known_scopes(self) -> list[str]:
        """Every scope a client may request."""
        return [*self.scopes, *IDENTITY_SCOPES]

    def resource(self, url: str) -> Resource:
        """The server at a URL. One that is not listed may have any scope: no other server accepts its tokens."""
        listed = (resource for resource in self.resources if resource.url == url)
        return next(listed, Resource("", url, url, self.scopes))

    def scopes_for(self, resource: str, requested: Collection[str]) -> tuple[str, ...]:
        """The requested scopes that belong to a resource, and those of OpenID Connect. Raises `OAuthError`."""
        own = self.resource(resource).scopes
        scopes = tuple(scope for scope in requested if scope in own or scope in IDENTITY_SCOPES)
        if not scopes:
            raise OAuthError(
                "invalid_scope", f"None of these scopes belongs to {resource}. It has the scopes: {' '.join(own)}."
            )
        return scopes


def scope_in_words(scope: str) -> str:
    """The description of a scope on the consent page."""
    if scope == "openid":
        return "Know which user you are"
    if scope == "offline_access":
        return "Stay signed in while you are away"
    noun, _, action = scope.partition(":")
    verbs = {"read": "Read", "write": "Create and change", "admin": "Administer"}
    if action in verbs:
        return f"{verbs[action]} {noun}"
    return f"{noun.capitalize()}: {action.replace('_', ' ').replace(':', ' ')}"
