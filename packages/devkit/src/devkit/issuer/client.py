"""Who may ask for tokens: registered clients, clients described by a URL, and where they may be sent back to."""

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
    """What a client says about itself, by registration (RFC 7591 §2) or by a document at its URL."""

    model_config = ConfigDict(extra="ignore")

    redirect_uris: tuple[str, ...] = Field(default=(), max_length=20)
    client_name: str | None = Field(default=None, max_length=200)
    client_uri: str | None = Field(default=None, max_length=2000)
    # Other names are dropped, as RFC 7591 §3.2.1 allows: a client may list more than we know.
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    response_types: tuple[str, ...] = ("code",)
    token_endpoint_auth_method: AuthenticationMethod = Field(default="client_secret_basic")
    scope: str | None = None


class Client(ClientMetadata):
    """A client the issuer knows."""

    client_id: str
    client_secret: str | None = None
    client_id_issued_at: int | None = None

    @property
    def display_name(self) -> str:
        """What the consent page calls it."""
        return self.client_name or self.client_id

    def redirect_uri(self, asked: str | None) -> str:
        """Where to send the person back to. Raises `OAuthError` when `asked` is not one the client registered."""
        if asked is None:
            if len(self.redirect_uris) == 1:
                return self.redirect_uris[0]
            raise OAuthError("invalid_request", "redirect_uri is missing, and the client has not exactly one.")
        if any(_same_destination(asked, registered) for registered in self.redirect_uris):
            return asked
        raise OAuthError("invalid_request", "redirect_uri is not one that this client registered.")


def check_redirect_uris(uris: Sequence[str]) -> None:
    """Raise `OAuthError` for a redirect URI that is not https, http on loopback, or an application's own scheme."""
    if not uris:
        raise OAuthError("invalid_redirect_uri", "redirect_uris must name at least one URI.")
    for uri in uris:
        parts = _split(uri)
        if parts is None or not parts.scheme or "#" in uri or parts.scheme in DANGEROUS_SCHEMES:
            raise OAuthError("invalid_redirect_uri", "A redirect URI must be absolute and have no fragment.")
        if parts.scheme == "https" and parts.hostname is None:
            raise OAuthError("invalid_redirect_uri", "An https redirect URI needs a host.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            raise OAuthError("invalid_redirect_uri", "An http redirect URI must lead to this machine; use https.")


def _same_destination(asked: str, registered: str) -> bool:
    if asked == registered:
        return True
    one, other = _split(asked), _split(registered)
    if one is None or other is None:
        return False
    # A native application cannot know which port it will get (RFC 8252 §7.3).
    return (
        one.scheme == other.scheme == "http"
        and one.hostname == other.hostname
        and one.hostname in LOOPBACK_HOSTS
        and (one.path, one.query) == (other.path, other.query)
        and not any("@" in parts.netloc for parts in (one, other))
        and "#" not in asked
    )


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises for a port that is not a number
    except ValueError:
        return None
    return parts
