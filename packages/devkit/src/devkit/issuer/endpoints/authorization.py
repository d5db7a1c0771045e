"""/authorize and /consent: checks a client's request, shows the consent page, issues a code.

OAuth 2.1 §4.1, RFC 9207.
"""

import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from devkit.issuer.client import Client
from devkit.issuer.client_directory import ClientDirectory, check_resource, check_scopes
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.consent import LIFETIME, ConsentRequest, Consents
from devkit.issuer.endpoints.pages import consent_page, refusal_page
from devkit.issuer.errors import NO_STORE, OAuthError
from devkit.issuer.grants import Grants
from devkit.issuer.store import Grant

COOKIE = "consent"
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 bytes in base64url (RFC 7636 §4.2)."""
PROOF = re.compile(r"[A-Za-z0-9_-]{32}")
SUBJECT = re.compile(r"[^\s\x00-\x1f]{1,100}")


class Authorization:
    """The two endpoints a browser visits."""

    def __init__(self, configuration: IssuerConfiguration, clients: ClientDirectory, grants: Grants) -> None:
        self._configuration = configuration
        self._clients = clients
        self._grants = grants
        self._consents = Consents()

    async def authorize(self, request: Request) -> Response:
        """Check the request and show the consent page."""
        parameters = request.query_params if request.method == "GET" else await request.form()
        fields = {name: value for name, value in parameters.items() if isinstance(value, str) and value}
        try:
            client = await self._clients.find(fields.get("client_id"))
            redirect_uri = client.redirect_uri(fields.get("redirect_uri"))
        except OAuthError as refusal:
            # Without a registered redirect URI, an error page (RFC 6749 §4.1.2.1).
            return refusal_page(refusal.code, refusal.description, 400)
        # The page's form must come with this cookie, which a page of another site cannot send (CSRF).
        given = request.cookies.get(COOKIE, "")
        proof = given if PROOF.fullmatch(given) else secrets.token_urlsafe(24)
        try:
            if len(parameters.multi_items()) != len(set(parameters)):
                raise OAuthError("invalid_request", "A parameter is given twice.")
            consent = self._checked(client, redirect_uri, fields, proof)
        except OAuthError as refusal:
            return self._back(
                redirect_uri,
                {"error": refusal.code, "error_description": refusal.description, "state": fields.get("state")},
            )
        page = consent_page(consent, client, self._configuration, self._consents.seal(consent))
        page.set_cookie(COOKIE, proof, max_age=int(LIFETIME), httponly=True, samesite="strict")
        return page

    async def consent(self, request: Request) -> Response:
        """Read the form of the consent page and redirect to the client."""
        form = await request.form()
        consent = self._consents.open(str(form.get("request", "")), request.cookies.get(COOKIE, ""))
        if consent is None:
            return refusal_page(
                "invalid_request",
                "This consent page is not open: it was submitted before, has expired, or the form came from another "
                "page.",
                403,
            )
        if form.get("decision") != "allow":
            return self._deny(consent, "The user denied the request.")
        scopes = tuple(scope for scope in consent.scopes if scope in form.getlist("scope"))
        subject, tenant = str(form.get("subject", "")).strip(), str(form.get("tenant", ""))
        if not scopes:
            return self._deny(consent, "The user allowed no scope.")
        if not SUBJECT.fullmatch(subject) or tenant not in self._configuration.tenants:
            return refusal_page(
                "invalid_request", "The name must have 1 to 100 characters without spaces; choose a tenant of the list."
            )
        grant = Grant(
            client_id=consent.client_id,
            subject=subject,
            tenant=tenant,
            scopes=scopes,
            resource=consent.resource,
            family=secrets.token_hex(16),
            nonce=consent.nonce,
        )
        code = self._grants.issue_code(grant, consent.requested_redirect_uri, consent.challenge)
        return self._back(consent.redirect_uri, {"code": code, "state": consent.state})

    def _checked(self, client: Client, redirect_uri: str, fields: Mapping[str, str], proof: str) -> ConsentRequest:
        if fields.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "response_type must be code.")
        if "authorization_code" not in client.grant_types:
            raise OAuthError("unauthorized_client", "This client did not register for authorization_code.")
        if fields.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request", "code_challenge_method must be S256; PKCE is required.")
        challenge = fields.get("code_challenge", "")
        if not CHALLENGE.fullmatch(challenge):
            raise OAuthError("invalid_request", "code_challenge must have 43 base64url characters; PKCE is required.")
        # The registered scope is only the default: step-up authorization requests further scopes.
        resource = check_resource(fields.get("resource"))
        scope = fields.get("scope") or client.scope or " ".join(self._configuration.resource(resource).scopes)
        scopes = check_scopes(scope, self._configuration.known_scopes())
        return ConsentRequest(
            client_id=client.client_id,
            redirect_uri=redirect_uri,
            requested_redirect_uri=fields.get("redirect_uri"),
            state=fields.get("state"),
            challenge=challenge,
            scopes=self._configuration.scopes_for(resource, scopes),
            resource=resource,
            nonce=fields.get("nonce"),
            proof=proof,
        )

    def _deny(self, consent: ConsentRequest, reason: str) -> Response:
        return self._back(
            consent.redirect_uri,
            {"error": "access_denied", "error_description": reason, "state": consent.state},
        )

    def _back(self, redirect_uri: str, answer: Mapping[str, str | None]) -> Response:
        """Redirect to the client; `iss` identifies the issuer (RFC 9207)."""
        given = {name: value for name, value in answer.items() if value is not None}
        query = urlencode([*given.items(), ("iss", self._configuration.url)])
        # The URI's own query is kept as it is (RFC 6749 §4.1.2).
        target = f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}"
        return RedirectResponse(target, status_code=303, headers=NO_STORE)
