"""/authorize and /consent: checks a client's request, shows the consent page, issues a code.

OAuth 2.1 §4.1, RFC 9207.
"""

import hmac
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from devkit.issuer.client import Client
from devkit.issuer.client_directory import ClientDirectory, check_resource, check_scopes
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.endpoints.pages import consent_page, refusal_page
from devkit.issuer.errors import NO_STORE, OAuthError
from devkit.issuer.grants import Grants
from devkit.issuer.store import Grant

COOKIE = "consent"
CONSENT_LIFETIME = 600.0
"""Seconds until an open consent page expires."""
MOST_PENDING = 1000
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 bytes in base64url (RFC 7636 §4.2)."""
SUBJECT = re.compile(r"[^\s\x00-\x1f]{1,100}")


@dataclass(frozen=True)
class _PendingConsent:
    """A valid request whose consent page is open."""

    client: Client
    redirect_uri: str
    requested_redirect_uri: str | None
    state: str | None
    challenge: str
    scopes: tuple[str, ...]
    resource: str
    nonce: str | None
    proof: str
    opened_at: float


class Authorization:
    """The two endpoints a browser visits."""

    def __init__(self, configuration: IssuerConfiguration, clients: ClientDirectory, grants: Grants) -> None:
        self._configuration = configuration
        self._clients = clients
        self._grants = grants
        self._pending: dict[str, _PendingConsent] = {}

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
        try:
            if len(parameters.multi_items()) != len(set(parameters)):
                raise OAuthError("invalid_request", "A parameter is given twice.")
            consent = self._checked(client, redirect_uri, fields)
        except OAuthError as refusal:
            return self._back(
                redirect_uri,
                {"error": refusal.code, "error_description": refusal.description, "state": fields.get("state")},
            )
        return self._show(consent)

    async def consent(self, request: Request) -> Response:
        """Read the form of the consent page and redirect to the client."""
        form = await request.form()
        consent = self._take(str(form.get("request", "")), str(form.get("proof", "")), request)
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
            client_id=consent.client.client_id,
            subject=subject,
            tenant=tenant,
            scopes=scopes,
            resource=consent.resource,
            family=secrets.token_hex(16),
            nonce=consent.nonce,
        )
        code = self._grants.issue_code(grant, consent.requested_redirect_uri, consent.challenge)
        return self._back(consent.redirect_uri, {"code": code, "state": consent.state})

    def _checked(self, client: Client, redirect_uri: str, fields: Mapping[str, str]) -> _PendingConsent:
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
        scope = fields.get("scope") or client.scope or " ".join(self._configuration.scopes)
        return _PendingConsent(
            client=client,
            redirect_uri=redirect_uri,
            requested_redirect_uri=fields.get("redirect_uri"),
            state=fields.get("state"),
            challenge=challenge,
            scopes=check_scopes(scope, self._configuration.known_scopes()),
            resource=check_resource(fields.get("resource")),
            nonce=fields.get("nonce"),
            proof=secrets.token_urlsafe(24),
            opened_at=time.monotonic(),
        )

    def _show(self, consent: _PendingConsent) -> Response:
        oldest = time.monotonic() - CONSENT_LIFETIME
        self._pending = {name: held for name, held in self._pending.items() if held.opened_at > oldest}
        if len(self._pending) >= MOST_PENDING:
            return refusal_page(
                "temporarily_unavailable", "Too many consent pages are open. Try again in ten minutes.", 503
            )
        request_id = secrets.token_urlsafe(16)
        self._pending[request_id] = consent
        page = consent_page(
            client_name=consent.client.display_name,
            client_id=consent.client.client_id,
            redirect_uri=consent.redirect_uri,
            resource=consent.resource,
            scopes=list(consent.scopes),
            tenants=list(self._configuration.tenants),
            request_id=request_id,
            proof=consent.proof,
        )
        # The form must come with the cookie of the same page, which another site cannot set (CSRF).
        page.set_cookie(
            f"{COOKIE}-{request_id}", consent.proof, max_age=int(CONSENT_LIFETIME), httponly=True, samesite="strict"
        )
        return page

    def _take(self, request_id: str, proof: str, request: Request) -> _PendingConsent | None:
        consent = self._pending.get(request_id)
        if consent is None or consent.opened_at < time.monotonic() - CONSENT_LIFETIME:
            return None
        cookie = request.cookies.get(f"{COOKIE}-{request_id}", "")
        same_page = all(hmac.compare_digest(part.encode(), consent.proof.encode()) for part in (proof, cookie))
        origin = request.headers.get("origin")
        # Browsers send `null` for pages with the referrer policy no-referrer, such as the consent page.
        if not same_page or origin not in (None, "null", f"{request.url.scheme}://{request.headers['host']}"):
            return None
        return self._pending.pop(request_id)

    def _deny(self, consent: _PendingConsent, reason: str) -> Response:
        return self._back(
            consent.redirect_uri,
            {"error": "access_denied", "error_description": reason, "state": consent.state},
        )

    def _back(self, redirect_uri: str, answer: Mapping[str, str | None]) -> Response:
        """Redirect to the client; `iss` identifies the issuer (RFC 9207)."""
        parts = urlsplit(redirect_uri)
        given = {name: value for name, value in answer.items() if value is not None}
        query = urlencode(
            [*parse_qsl(parts.query, keep_blank_values=True), *given.items(), ("iss", self._configuration.url)]
        )
        return RedirectResponse(parts._replace(query=query).geturl(), status_code=303, headers=NO_STORE)
