"""The configuration of the issuer."""

from collections.abc import Sequence
from dataclasses import dataclass

TENANTS = ("acme", "globex")
"""The tenants of the sample data."""
IDENTITY_SCOPES = ("openid", "offline_access")
"""Scopes of OpenID Connect; no tool needs them."""
MACHINE_CLIENT = "dev-m2m"
"""The client id for client_credentials."""


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

    def known_scopes(self) -> list[str]:
        """Every scope a client may request."""
        return [*self.scopes, *IDENTITY_SCOPES]


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
