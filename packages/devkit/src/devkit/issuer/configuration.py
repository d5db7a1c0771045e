"""What an issuer is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

TENANTS = ("acme", "globex")
"""The tenants of the generated data."""
IDENTITY_SCOPES = ("openid", "offline_access")
"""Asked for by OpenID Connect clients; no server's tool needs them."""
MACHINE_CLIENT = "dev-m2m"
"""The client id for client_credentials."""


@dataclass(frozen=True)
class IssuerConfiguration:
    """The address of the issuer and what it may hand out."""

    url: str
    """`iss` of every token: the exact origin, without a slash at the end."""
    scopes: Sequence[str]
    """Every scope of the fleet."""
    machine_secret: str
    """The secret of the machine client."""
    tenants: Sequence[str] = TENANTS

    def known_scopes(self) -> list[str]:
        """Every scope a client may ask for."""
        return [*self.scopes, *IDENTITY_SCOPES]


def scope_in_words(scope: str) -> str:
    """What a scope allows, as the consent page says it."""
    if scope == "openid":
        return "Know which user you are"
    if scope == "offline_access":
        return "Stay signed in while you are away"
    noun, _, action = scope.partition(":")
    verbs = {"read": "Read", "write": "Create and change", "admin": "Administer"}
    if action in verbs:
        return f"{verbs[action]} {noun}"
    return f"{noun.capitalize()}: {action.replace('_', ' ').replace(':', ' ')}"
