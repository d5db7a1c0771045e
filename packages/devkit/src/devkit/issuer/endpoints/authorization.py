"""/authorize and /consent: from a client's request, by a person's answer, to a code (OAuth 2.1 §4.1, RFC 9207)."""

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
QUESTION_LIFETIME = 600.0
"""Seconds a consent page may stay open."""
MOST_QUESTIONS = 1000
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""An S256 challenge: 32 bytes in base64url (RFC 7636 §4.2)."""
SUBJECT = re.compile(r"[^\s\x00-\x1f]{1,100}")


@dataclass(frozen=True)
class _Question:
    """A valid request that a person has not answered yet."""

    client: Client
    redirect_uri: str
    asked_redirect_uri: str | None
    state: str | None
    challenge: str
    scopes: tuple[str, ...]
    resource: str
    nonce: str | None
    proof: str
    asked_at: float


class Authorization:
    """The two endpoints a browser visits."""

    def __init__(self, configuration: IssuerConfiguration, clients: ClientDirectory, grants: Grants) -> None:
        self._configuration = configuration
        self._clients = clients
        self._grants = grants
        self._questions: dict[str, _Question] = {}

    async def authorize(self, request: Request) -> Response:
        """Check the request and ask the person."""
        parameters = request.query_params if request.method == "GET" else await request.form()
        fields = {name: value for name, value in parameters.items() if isinstance(value, str) and value}
        try:
            client = await self._clients.find(fields.get("client_id"))
            redirect_uri = client.redirect_uri(fields.get("redirect_uri"))
        except OAuthError as refusal:
            # Without a destination that the client registered, the person is told, never redirected.
            return refusal_page(refusal.code, refusal.description, 400)
        try:
            if len(parameters.multi_items()) != len(set(parameters)):
                raise OAuthError("invalid_request", "A parameter is given twice.")
            question = self._question(client, redirect_uri, fields)
        except OAuthError as refusal:
            return self._back(
                redirect_uri,
                {"error": refusal.code, "error_description": refusal.description, "state": fields.get("state")},
            )
        return self._ask(question)

    async def consent(self, request: Request) -> Response:
        """Take the answer and send the browser back to the client."""
        form = await request.form()
        question = self._take(str(form.get("request", "")), str(form.get("proof", "")), request)
        if question is None:
            return refusal_page(
                "invalid_request",
                "This answer does not belong to an open question: it was answered already, is too old, or came "
                "from another page.",
                403,
            )
        if form.get("decision") != "allow":
            return self._deny(question, "The user denied the request.")
        scopes = tuple(scope for scope in question.scopes if scope in form.getlist("scope"))
        subject, tenant = str(form.get("subject", "")).strip(), str(form.get("tenant", ""))
        if not scopes:
            return self._deny(question, "The user allowed none of the scopes.")
        if not SUBJECT.fullmatch(subject) or tenant not in self._configuration.tenants:
            return refusal_page("invalid_request", "Sign in as a name of 1 to 100 characters, in a tenant of the list.")
        grant = Grant(
            client_id=question.client.client_id,
            subject=subject,
            tenant=tenant,
            scopes=scopes,
            resource=question.resource,
            family=secrets.token_hex(16),
            nonce=question.nonce,
        )
        code = self._grants.issue_code(grant, question.asked_redirect_uri, question.challenge)
        return self._back(question.redirect_uri, {"code": code, "state": question.state})

    def _question(self, client: Client, redirect_uri: str, fields: Mapping[str, str]) -> _Question:
        if fields.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "response_type must be code.")
        if "authorization_code" not in client.grant_types:
            raise OAuthError("unauthorized_client", "This client did not register for authorization_code.")
        if fields.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request", "code_challenge_method must be S256: PKCE is required.")
        challenge = fields.get("code_challenge", "")
        if not CHALLENGE.fullmatch(challenge):
            raise OAuthError("invalid_request", "code_challenge must be 43 base64url characters: PKCE is required.")
        # The registered scope is a default, not a limit: a step-up asks for more than the client first knew of.
        scope = fields.get("scope") or client.scope or " ".join(self._configuration.scopes)
        return _Question(
            client=client,
            redirect_uri=redirect_uri,
            asked_redirect_uri=fields.get("redirect_uri"),
            state=fields.get("state"),
            challenge=challenge,
            scopes=check_scopes(scope, self._configuration.known_scopes()),
            resource=check_resource(fields.get("resource")),
            nonce=fields.get("nonce"),
            proof=secrets.token_urlsafe(24),
            asked_at=time.monotonic(),
        )

    def _ask(self, question: _Question) -> Response:
        oldest = time.monotonic() - QUESTION_LIFETIME
        self._questions = {name: held for name, held in self._questions.items() if held.asked_at > oldest}
        if len(self._questions) >= MOST_QUESTIONS:
            return refusal_page("temporarily_unavailable", "Too many open sign-ins. Try again in ten minutes.", 503)
        request_id = secrets.token_urlsafe(16)
        self._questions[request_id] = question
        page = consent_page(
            client_name=question.client.display_name,
            client_id=question.client.client_id,
            redirect_uri=question.redirect_uri,
            resource=question.resource,
            scopes=list(question.scopes),
            tenants=list(self._configuration.tenants),
            request_id=request_id,
            proof=question.proof,
        )
        # The form's proof must come with the cookie of the same page: another site can have neither (CSRF).
        page.set_cookie(
            f"{COOKIE}-{request_id}", question.proof, max_age=int(QUESTION_LIFETIME), httponly=True, samesite="strict"
        )
        return page

    def _take(self, request_id: str, proof: str, request: Request) -> _Question | None:
        question = self._questions.get(request_id)
        if question is None or question.asked_at < time.monotonic() - QUESTION_LIFETIME:
            return None
        cookie = request.cookies.get(f"{COOKIE}-{request_id}", "")
        same_page = all(hmac.compare_digest(part.encode(), question.proof.encode()) for part in (proof, cookie))
        origin = request.headers.get("origin")
        # Browsers send `null` when a page's referrer policy is no-referrer, as ours is.
        if not same_page or origin not in (None, "null", f"{request.url.scheme}://{request.headers['host']}"):
            return None
        return self._questions.pop(request_id)

    def _deny(self, question: _Question, reason: str) -> Response:
        return self._back(
            question.redirect_uri,
            {"error": "access_denied", "error_description": reason, "state": question.state},
        )

    def _back(self, redirect_uri: str, answer: Mapping[str, str | None]) -> Response:
        """Send the browser back, with `iss` so that the client knows whose answer it is (RFC 9207)."""
        parts = urlsplit(redirect_uri)
        given = {name: value for name, value in answer.items() if value is not None}
        query = urlencode(
            [*parse_qsl(parts.query, keep_blank_values=True), *given.items(), ("iss", self._configuration.url)]
        )
        return RedirectResponse(parts._replace(query=query).geturl(), status_code=303, headers=NO_STORE)
