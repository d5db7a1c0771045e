"""Authentication and scope middleware of the MCP endpoint. Plain ASGI.

Both refuse with HTTP statuses, as MCP clients expect: 401 and 403 with a challenge in `WWW-Authenticate`.
"""

from typing import Any, Final

from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.access.policy import Denial
from servicekit.auth.address_limits import AddressLimits, too_many_requests
from servicekit.auth.authenticator import Authenticator
from servicekit.auth.errors import InvalidCredential, VerificationUnavailable
from servicekit.auth.resource_metadata import ResourceMetadata
from servicekit.auth.security_log import SecurityLog
from servicekit.core.asgi_scope import CALLER, DEFERRED_SPANS, MESSAGE, REQUEST_ID
from servicekit.core.caller import Caller
from servicekit.http.responses import record_refusal
from servicekit.mcp.messages import sender_of_scope
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.pipeline.request import RequestInfo
from servicekit.registry.registry import Registry
from servicekit.telemetry.instruments import credentials_refused
from servicekit.telemetry.spans import child_span, defer_spans

_EXPLANATIONS: Final = {
    "expired": "The access token has expired",
    "wrong_audience": "The access token is for another server",
    "id_token": "The token is an ID token; send an access token",
}


class AuthenticationMiddleware:
    """Authenticates requests and puts the `Caller` into the ASGI scope."""

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        metadata: ResourceMetadata,
        addresses: AddressLimits,
        log: SecurityLog,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._metadata = metadata
        self._addresses = addresses
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._addresses.is_blocked(scope):
            await too_many_requests()(scope, receive, send)
            return
        scope[DEFERRED_SPANS] = defer_spans()
        try:
            with child_span("authentication"):
                caller = await self._authenticator.authenticate(scope)
            if caller is None:
                self._addresses.count_failure(scope)
                credentials_refused.add(1, {"reason": "absent"})
                await self._challenge()(scope, receive, send)
                return
            scope[CALLER] = caller
        except InvalidCredential as error:
            self._addresses.count_failure(scope)
            self._log.rejected(error.reason, scope)
            explanation = _EXPLANATIONS.get(error.reason, "The access token is not valid")
            await self._challenge("invalid_token", explanation)(scope, receive, send)
            return
        except VerificationUnavailable:
            self._log.rejected("issuer_unreachable", scope)
            words = "Credentials cannot be verified now: the identity provider is unreachable. Try again in 5 s."
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


class ScopeMiddleware:
    """Step-up authorization: answers 403 with the scopes that the operation needs if the credential lacks one."""

    def __init__(
        self,
        app: ASGIApp,
        pipeline: PipelineDependencies,
        registry: Registry,
        metadata: ResourceMetadata,
    ) -> None:
        self._app = app
        self._pipeline = pipeline
        self._registry = registry
        self._metadata = metadata

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: dict[str, Any] = scope[MESSAGE]
        caller: Caller = scope[CALLER]
        for operation in self._registry.operations_of(message.get("method", ""), message.get("params") or {}):
            denial = self._pipeline.policy.denial(caller, operation)
            if denial is not None and denial.missing_scopes:
                with record_refusal(scope, operation, "denied", caller, self._pipeline.log):
                    self._pipeline.note_denial(operation, caller, RequestInfo(scope[REQUEST_ID]), denial)
                    await self._challenge(denial, scope, caller)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _challenge(self, denial: Denial, scope: Scope, caller: Caller) -> Response:
        modern = sender_of_scope(scope).protocol_version in MODERN_PROTOCOL_VERSIONS
        granted = () if modern else caller.scopes
        value = self._metadata.challenge("insufficient_scope", denial.reason, denial.needed_scopes, granted)
        body = {"error": "insufficient_scope", "error_description": denial.reason}
        return JSONResponse(body, 403, {"WWW-Authenticate": value, "Cache-Control": "no-store"})
