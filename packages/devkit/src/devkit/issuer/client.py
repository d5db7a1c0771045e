"""OAuth clients and their redirect URIs."""

from collections.abc import Sequence
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from devkit.issuer.errors import OAuthError

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
DANGEROUS_SCHEMES = ("about", "blob", "data", "file", "javascript", "vbscript")

AuthenticationMethod = Literal["none", "client_secret_basic", "client_secret_post"]
GrantType = Literal["authorization_code", "refresh_token", "client_credentials"]


class ClientMetadata(BaseModel):
    """The metadata of a client, from registration (RFC 7591 §2) or from the document at its URL."""

    model_config = ConfigDict(extra="ignore")

    redirect_uris: tuple[str, ...] = Field(default=(), max_length=20)
    client_name: str | None = Field(default=None, max_length=200)
    client_uri: str | None = Field(default=None, max_length=2000)
    # Unknown grant types are dropped (RFC 7591 §3.2.1).
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    response_types: tuple[str, ...] = ("code",)
    token_endpoint_auth_method: AuthenticationMethod = Field(default="client_secret_basic")
    scope: str | None = None


class Client(ClientMetadata):
    """A registered client."""

    client_id: str
    client_secret: str | None = None
    client_id_issued_at: int | None = None

    @property
    def display_name(self) -> str:
        """Its name on the consent page."""
        return self.client_name or self.client_id

    def redirect_uri(self, requested: str | None) -> str:
        """The redirect URI of a request. Raises `OAuthError` when the client did not register `requested`."""
        if requested is None:
            if len(self.redirect_uris) == 1:
                return self.redirect_uris[0]
            raise OAuthError("invalid_request", "redirect_uri is missing; only a client with exactly one may omit it.")
        if any(_same_destination(requested, registered) for registered in self.redirect_uris):
            return requested
        raise OAuthError("invalid_request", "redirect_uri is not registered for this client.")


def check_redirect_uris(uris: Sequence[str]) -> None:
    """Raise `OAuthError` unless each redirect URI is https, http on loopback, or has an application's own scheme."""
    if not uris:
        raise OAuthError("invalid_redirect_uri", "redirect_uris must name at least one URI.")
    for uri in uris:
        parts = _split(uri)
        if parts is None or not parts.scheme or "#" in uri or parts.scheme in DANGEROUS_SCHEMES:
            raise OAuthError(
                "invalid_redirect_uri",
                "A redirect URI must be absolute, without fragment, such as http://127.0.0.1/callback.",
            )
        if parts.scheme == "https" and parts.hostname is None:
            raise OAuthError("invalid_redirect_uri", "An https redirect URI needs a host.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            raise OAuthError("invalid_redirect_uri", "An http redirect URI must have a loopback host. Use https.")


def _same_destination(requested: str, registered: str) -> bool:
    if requested == registered:
        return True
    one, other = _split(requested), _split(registered)
    if one is None or other is None:
        return False
    # A native application gets its port at run time (RFC 8252 §7.3).
    return (
        one.scheme == other.scheme == "http"
        and one.hostname == other.hostname
        and one.hostname in LOOPBACK_HOSTS
        and (one.path, one.query) == (other.path, other.query)
        and not any("@" in parts.netloc for parts in (one, other))
        and "#" not in requested
    )


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises for a port that is not a number
    except ValueError:
        return None
    return parts
