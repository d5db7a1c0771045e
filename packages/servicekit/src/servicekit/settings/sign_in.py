"""Settings of a service's address and of the access tokens that it accepts."""

from typing import Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from servicekit.settings.claim_path import ClaimPath, ClaimPaths
from servicekit.settings.urls import check_https, check_public_url
from servicekit.settings.words import Words, split_words

SCOPE: Final = "{scope}"
"""Stands for a scope in SCOPE_REQUEST."""
_ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_TYPES: Final = ("at+jwt", "jwt", "absent")
_NEED_ISSUER: Final = ("token_audience", "token_tenant", "scope_names", "introspection_url")


class SignInSettings(BaseSettings):
    """Where clients reach the service, and which access tokens it accepts."""

    model_config = SettingsConfigDict(env_file=None, frozen=True, hide_input_in_errors=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on. `::` listens on IPv6 and IPv4.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    public_url: str = Field(
        description="URL of the MCP endpoint as clients use it, ending in /mcp. Tokens must have it as their audience."
    )
    allowed_hosts: Words = Field(
        (), description="Exact Host headers to accept, with port, in addition to the public URL's."
    )
    allowed_origins: Words = Field((), description="Exact origins of web pages that may call.")

    issuer: str | None = Field(
        None, description="OAuth issuer whose access tokens are accepted, exactly as in their `iss`."
    )
    jwks_url: str | None = Field(
        None, description="URL of the issuer's keys. By default taken from the issuer's metadata."
    )
    token_types: Words = Field(
        ("at+jwt",),
        description="Accepted `typ` headers of tokens: at+jwt (RFC 9068), JWT, absent. With JWT or absent, a token "
        "must show by its claims that it is no ID token.",
    )
    token_algorithms: Words = Field(
        ("RS256", "ES256", "EdDSA"), description=f"Accepted signature algorithms, of {', '.join(_ALGORITHMS)}."
    )
    token_leeway: int = Field(5, ge=0, le=60, description="Seconds of clock difference allowed in tokens.")
    token_max_lifetime: int = Field(
        7200,
        ge=60,
        description="Most seconds until a token's expiry. A token that is valid for longer is refused, so that a "
        "revoked one works no longer than this.",
    )
    token_audience: str | None = Field(
        None, min_length=1, description="Audience of tokens, where the issuer cannot mint PUBLIC_URL. One exact value."
    )
    subject_claim: ClaimPath = Field("sub", description="Claim with the user: a path, such as `oid` or `user.id`.")
    client_claims: ClaimPaths = Field(
        ("client_id", "azp", "appid", "cid"),
        min_length=1,
        description="Claims with the client's id. The first that a token has counts.",
    )
    tenant_claim: ClaimPath = Field(
        "tenant",
        description="Claim with the caller's organisation: a path, such as `org.id`. `\\.` is a dot of a name; a path "
        "that begins with https:// is one name.",
    )
    token_tenant: str | None = Field(
        None,
        min_length=1,
        max_length=255,
        description="Organisation of every caller with a token, instead of TENANT_CLAIM, for a server of one "
        "organisation.",
    )
    grants_claim: ClaimPath = Field(
        "grants", description="Claim that limits a token to named resources: an object of lists of names, by kind."
    )
    scope_claims: ClaimPaths = Field(
        ("scope", "scp"),
        min_length=1,
        description="Claims with the caller's scopes, each a text or a list, as paths such as `realm_access.roles`. "
        "The first that a token has counts.",
    )
    scope_names: Words = Field(
        (),
        description="Other names of scopes in tokens, such as `orders:read=Orders.Read orders:read=agent`. A scope "
        "listed here is granted by these names only.",
    )
    scope_request: Words = Field(
        (SCOPE,),
        description="Scopes that clients request from the issuer: `{scope}` is the name of each, as in "
        "`api://orders/{scope} offline_access`. Empty: clients are shown no scopes.",
    )
    introspection_url: str | None = Field(
        None,
        description="URL of the issuer's introspection endpoint (RFC 7662), which is asked whether a token is revoked. "
        "Calls get 503 while it cannot be reached.",
    )
    introspection_client_id: str | None = Field(None, description="This server's client id at that endpoint.")
    introspection_client_secret: SecretStr | None = Field(
        None, description="Secret of that client. INTROSPECTION_CLIENT_SECRET_FILE is read again when it changes."
    )
    introspection_cache_seconds: float = Field(
        30.0, ge=0, le=600, description="Most seconds for which a revoked token still works, with INTROSPECTION_URL."
    )

    @field_validator(
        "allowed_hosts",
        "allowed_origins",
        "token_types",
        "token_algorithms",
        "client_claims",
        "scope_claims",
        "scope_names",
        "scope_request",
        mode="before",
    )
    @classmethod
    def _split_sign_in_words(cls, value: object) -> object:
        return split_words(value)

    @field_validator("token_algorithms")
    @classmethod
    def _check_algorithms(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not set(value) <= set(_ALGORITHMS):
            raise ValueError(f"choose from {', '.join(_ALGORITHMS)}")
        return value

    @field_validator("token_types")
    @classmethod
    def _check_types(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not {kind.lower() for kind in value} <= set(_TYPES):
            raise ValueError("choose from at+jwt, JWT, absent")
        return value

    @field_validator("scope_names")
    @classmethod
    def _check_scope_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(all(pair.partition("=")) for pair in value):
            raise ValueError("write each as scope=name, such as orders:read=Orders.Read")
        return value

    _check_public_url = field_validator("public_url")(check_public_url)
    _check_https = field_validator("issuer", "jwks_url", "introspection_url")(check_https)

    @model_validator(mode="after")
    def _check_sign_in(self) -> Self:
        needless = [name.upper() for name in _NEED_ISSUER if getattr(self, name) and self.issuer is None]
        if needless:
            raise ValueError(f"{', '.join(needless)}: also set ISSUER, since they concern its tokens")
        if self.token_tenant is not None and "tenant_claim" in self.model_fields_set:
            raise ValueError("set TOKEN_TENANT or TENANT_CLAIM: both say which organisation a token belongs to")
        credentials = (self.introspection_client_id, self.introspection_client_secret)
        if (self.introspection_url is None) != (credentials == (None, None)) or (
            self.introspection_url is not None and None in credentials
        ):
            raise ValueError("set INTROSPECTION_URL, INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET together")
        if self.introspection_url is None and "introspection_cache_seconds" in self.model_fields_set:
            raise ValueError("INTROSPECTION_CACHE_SECONDS needs INTROSPECTION_URL")
        return self
