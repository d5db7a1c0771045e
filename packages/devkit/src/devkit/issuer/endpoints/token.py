"""/token: issues access tokens for codes, refresh tokens and client credentials (OAuth 2.1 §3.2)."""

import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devkit.issuer.client import Client
from devkit.issuer.client_directory import ClientDirectory, check_resource, check_scopes
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.endpoints.forms import required, single_fields
from devkit.issuer.endpoints.token_status import SESSION
from devkit.issuer.errors import NO_STORE, OAuthError
from devkit.issuer.grants import Grants
from devkit.issuer.keys import LIFETIME, KeyPair, mint, sign_claims
from devkit.issuer.store import Grant


class Tokens:
    """The token endpoint."""

    def __init__(
        self, configuration: IssuerConfiguration, key: KeyPair, clients: ClientDirectory, grants: Grants
    ) -> None:
        self._configuration = configuration
        self._key = key
        self._clients = clients
        self._grants = grants

    async def token(self, request: Request) -> Response:
        """Issue an access token for a code, a refresh token or client credentials."""
        try:
            form = single_fields(await request.form())
            client = await self._clients.authenticate(request, form)
            return JSONResponse(self._exchange(client, form), headers=NO_STORE)
        except OAuthError as refusal:
            return refusal.response()

    def _exchange(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        kind = form.get("grant_type")
        if kind not in ("authorization_code", "refresh_token", "client_credentials"):
            raise OAuthError(
                "unsupported_grant_type", "grant_type must be authorization_code, refresh_token or client_credentials."
            )
        if kind not in client.grant_types:
            raise OAuthError("unauthorized_client", f"This client did not register for {kind}.")
        if kind == "authorization_code":
            return self._by_code(client, form)
        if kind == "refresh_token":
            return self._by_refresh_token(client, form)
        return self._by_credentials(client, form)

    def _by_code(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        grant = self._grants.redeem_code(
            required(form, "code"),
            client_id=client.client_id,
            redirect_uri=form.get("redirect_uri"),
            verifier=required(form, "code_verifier"),
        )
        _check_same_resource(form.get("resource"), grant)
        answer = self._answer(grant, grant.scopes)
        if "refresh_token" in client.grant_types:
            answer["refresh_token"] = self._grants.issue_refresh_token(grant)
        if "openid" in grant.scopes:
            answer["id_token"] = self._identity_token(grant)
        return answer

    def _by_refresh_token(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        token = required(form, "refresh_token")
        grant = self._grants.refresh_grant(token, client_id=client.client_id)
        _check_same_resource(form.get("resource"), grant)
        scopes = check_scopes(form["scope"], grant.scopes) if form.get("scope") else grant.scopes
        # Rotated last, so that an error in the rest of the request leaves the token valid.
        return {**self._answer(grant, scopes), "refresh_token": self._grants.rotate_refresh_token(token)}

    def _by_credentials(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        scope = form.get("scope") or client.scope or ""
        tenant = form.get("tenant", self._configuration.tenants[0])
        if tenant not in self._configuration.tenants:
            raise OAuthError("invalid_request", f"tenant must be one of {', '.join(self._configuration.tenants)}.")
        resource = check_resource(form.get("resource"))
        scopes = check_scopes(scope, (client.scope or "").split())
        grant = Grant(
            client_id=client.client_id,
            subject=client.client_id,  # RFC 9068 §5: without a user, the client is the subject
            tenant=tenant,
            scopes=self._configuration.scopes_for(resource, scopes),
            resource=resource,
            family=secrets.token_hex(16),
        )
        return self._answer(grant, grant.scopes)

    def _answer(self, grant: Grant, scopes: tuple[str, ...]) -> dict[str, Any]:
        token = mint(
            self._key,
            issuer=self._configuration.url,
            audience=grant.resource,
            subject=grant.subject,
            tenant=grant.tenant,
            client_id=grant.client_id,
            scopes=scopes,
            claims={SESSION: grant.family},
        )
        return {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": " ".join(scopes)}

    def _identity_token(self, grant: Grant) -> str:
        """The ID token, which names the user for the client (OpenID Connect Core §2)."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._configuration.url,
            "sub": grant.subject,
            "aud": grant.client_id,
            "iat": now,
            "exp": now + LIFETIME,
        }
        if grant.nonce is not None:
            claims["nonce"] = grant.nonce
        return sign_claims(self._key, claims, {"typ": "JWT"})


def _check_same_resource(resource: str | None, grant: Grant) -> None:
    # Without a resource, the granted one applies (RFC 8707 §2.2).
    if resource is not None and resource != grant.resource:
        raise OAuthError("invalid_target", f"resource differs from the granted one, {grant.resource}.")
