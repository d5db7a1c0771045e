"""The two gates before the MCP endpoint: who is calling, and may they ask for this. Plain ASGI.

Both speak HTTP, since that is where clients look: 401 and 403 with a challenge that says how to do better.
"""

from typing import Any, Final, Protocol

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.auth.credentials import BadCredential, CannotVerify
from servicekit.auth.metadata import ResourceMetadata
from servicekit.caller import Caller
from servicekit.catalogue import Catalogue
from servicekit.guards import MESSAGE
from servicekit.policy import Policy
from servicekit.telemetry.logs import SecurityLog

CALLER: Final = "fleet.caller"
"""Scope key of the authenticated `Caller`."""

_EXPLANATIONS: Final = {
    "expired": "The access token has expired",
    "wrong_audience": "The access token is for another server",
    "id_token": "That is an ID token; send an access token",
}


class Verifier(Protocol):
    """Anything that can turn a bearer credential into a caller."""

    async def verify(self, token: str) -> Caller:
        """The caller, or `BadCredential`, or `CannotVerify`."""
        ...


class AuthenticationGate:
    """Lets in requests with a good credential, and puts the `Caller` into the scope."""

    def __init__(self, app: ASGIApp, verifier: Verifier, metadata: ResourceMetadata, log: SecurityLog) -> None:
        self._app = app
        self._verifier = verifier
        self._metadata = metadata
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            token = _bearer_token(scope)
            if token is None:
                await self._challenge()(scope, receive, send)
                return
            scope[CALLER] = await self._verifier.verify(token)
        except BadCredential as error:
            self._log.rejected(error.reason, scope)
            explanation = _EXPLANATIONS.get(error.reason, "The access token is not valid")
            await self._challenge("invalid_token", explanation)(scope, receive, send)
            return
        except CannotVerify:
            self._log.rejected("issuer_unreachable", scope)
            words = "Sign-in cannot be checked at the moment. Try again shortly."
            response = JSONResponse(
                {"error": "temporarily_unavailable", "error_description": words}, 503, {"Retry-After": "5"}
            )
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _challenge(self, error: str | None = None, explanation: str = "Authentication is required") -> Response:
        value = self._metadata.challenge(error, explanation if error else None)
        body = {"error": error or "unauthorized", "error_description": explanation}
        return JSONResponse(body, 401, {"WWW-Authenticate": value, "Cache-Control": "no-store"})


def _bearer_token(scope: Scope) -> str | None:
    """The bearer token of a request; None where it carries no credential at all.

    Raises:
        BadCredential: there is an Authorization header, and it is not one bearer token.
    """
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if not values:
        return None
    scheme, _, token = values[0].decode("latin-1").strip().partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise BadCredential("malformed")
    return str(token.strip())


class ScopeGate:
    """Step-up: a caller whose credential lacks a scope is told, in HTTP, every scope that the operation needs."""

    def __init__(
        self, app: ASGIApp, catalogue: Catalogue, policy: Policy, metadata: ResourceMetadata, log: SecurityLog
    ) -> None:
        self._app = app
        self._catalogue = catalogue
        self._policy = policy
        self._metadata = metadata
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: dict[str, Any] = scope[MESSAGE]
        operation = self._catalogue.find(message.get("method", ""), message.get("params") or {})
        denial = self._policy.denial(scope[CALLER], operation) if operation is not None else None
        if operation is None or denial is None or not denial.missing_scopes:
            await self._app(scope, receive, send)
            return
        self._log.denied(operation, scope[CALLER], scope)
        value = self._metadata.challenge("insufficient_scope", denial.reason, denial.needed_scopes)
        body = {"error": "insufficient_scope", "error_description": denial.reason}
        response = JSONResponse(body, 403, {"WWW-Authenticate": value, "Cache-Control": "no-store"})
        await response(scope, receive, send)
