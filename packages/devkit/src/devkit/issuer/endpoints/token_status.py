"""/revoke and /introspect: ends tokens, and says whether they still count (RFC 7009, RFC 7662)."""

from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devkit.issuer.client_directory import ClientDirectory
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.endpoints.forms import required, single_fields
from devkit.issuer.errors import NO_STORE, OAuthError
from devkit.issuer.grants import Grants
from devkit.issuer.keys import ACCESS_TOKEN_TYPE, KeyPair

SESSION = "sid"
"""The claim of access tokens that names their sign-in: revoking it revokes them."""


class TokenStatus:
    """The revocation and introspection endpoints."""

    def __init__(
        self, configuration: IssuerConfiguration, key: KeyPair, clients: ClientDirectory, grants: Grants
    ) -> None:
        self._configuration = configuration
        self._key = key
        self._clients = clients
        self._grants = grants

    async def revoke(self, request: Request) -> Response:
        """Revoke a refresh token with all tokens of its sign-in, or an access token alone.

        An unknown token, or that of another client, is ignored (RFC 7009 §2.2).
        """
        try:
            form = single_fields(await request.form())
            client = await self._clients.authenticate(request, form)
            token = required(form, "token")
        except OAuthError as refusal:
            return refusal.response()
        self._grants.revoke_refresh_token(token, client_id=client.client_id)
        claims = self._claims(token)
        if claims is not None and claims.get("client_id") == client.client_id:
            self._grants.revoke_access_token(claims["jti"])
        return Response(status_code=200, headers=NO_STORE)

    async def introspect(self, request: Request) -> Response:
        """Say whether an access token is active, to a client with a secret."""
        try:
            form = single_fields(await request.form())
            client = await self._clients.authenticate(request, form)
            if client.client_secret is None:
                raise OAuthError("invalid_client", "Only a client with a secret may introspect tokens.", status=401)
            claims = self._claims(required(form, "token"))
        except OAuthError as refusal:
            return refusal.response()
        if claims is None or self._grants.is_revoked(claims["jti"], claims.get(SESSION)):
            return JSONResponse({"active": False}, headers=NO_STORE)
        return JSONResponse({**claims, "active": True, "token_type": "Bearer"}, headers=NO_STORE)

    def _claims(self, token: str) -> dict[str, Any] | None:
        """The claims of an access token of this issuer; None for anything else, and after its expiry."""
        try:
            if jwt.get_unverified_header(token).get("typ") != ACCESS_TOKEN_TYPE:
                return None
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.private_key.public_key(),
                algorithms=[self._key.algorithm],
                issuer=self._configuration.url,
                options={"verify_aud": False, "require": ["exp", "jti"]},
            )
        except (jwt.PyJWTError, ValueError):
            return None
        return claims
