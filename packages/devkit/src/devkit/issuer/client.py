"""OAuth clients."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from devkit.issuer.errors import OAuthError
from devkit.issuer.redirect_uris import check_redirect_uris, is_same_destination

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
                check_redirect_uris(self.redirect_uris)
                return self.redirect_uris[0]
            raise OAuthError("invalid_request", "redirect_uri is missing; only a client with exactly one may omit it.")
        if any(is_same_destination(requested, registered) for registered in self.redirect_uris):
            return requested
        raise OAuthError("invalid_request", "redirect_uri is not registered for this client.")
