"""Authentication: the caller of a request, or the challenge that says how to get a credential."""

from collections.abc import Iterable
from typing import Final

from servicekit.access.policy import Denial
from servicekit.auth.address_limits import AddressLimits, Failure
from servicekit.auth.authenticator import Authenticator
from servicekit.auth.client_address import ClientAddresses
from servicekit.auth.errors import InvalidCredential, VerificationUnavailable
from servicekit.auth.resource_metadata import ResourceMetadata
from servicekit.auth.security_log import SecurityLog
from servicekit.core.caller import Caller
from servicekit.http.head import Head
from servicekit.http.refusal import Headers, Refusal
from servicekit.telemetry.instruments import credentials_refused
from servicekit.telemetry.spans import child_span

_EXPLANATIONS: Final = {
    "expired": "The access token has expired",
    "wrong_audience": "The access token is for another server",
    "several": "The request has several credentials; send one",
    "id_token": "The token is an ID token; send an access token",
    "revoked": "The access token was revoked",
    "lifetime": "The access token is valid for longer than this server accepts",
}
_REQUIRED: Final = "Authentication is required"
_UNREACHABLE: Final = "Credentials cannot be verified now: the identity provider is unreachable. Try again in 5 s."


class Authentication:
    """Authenticates the requests of one server."""

    def __init__(
        self,
        authenticator: Authenticator,
        metadata: ResourceMetadata,
        clients: ClientAddresses,
        limits: AddressLimits,
        log: SecurityLog,
    ) -> None:
        self._authenticator = authenticator
        self._metadata = metadata
        self._clients = clients
        self._limits = limits
        self._log = log
        self._absent = _challenge_headers(metadata.challenge())

    async def caller_of(self, head: Head) -> Caller:
        """The caller of a request.

        Raises:
            Refusal: 401 with a challenge, 429 for an address with too many failures, or 503 without the issuer.
        """
        scope = head.scope
        try:
            with child_span("authentication"):
                caller = await self._authenticator.authenticate(scope)
        except InvalidCredential as error:
            credentials_refused.add(1, {"reason": error.reason})
            raise self._rejection(head, error.reason) from None
        except VerificationUnavailable:
            credentials_refused.add(1, {"reason": "issuer_unreachable"})
            self._log.rejected("issuer_unreachable", scope)
            raise Refusal("issuer_unreachable", _UNREACHABLE, ((b"retry-after", b"5"),)) from None
        if caller is None:
            credentials_refused.add(1, {"reason": "absent"})
            raise self._limited(head, "absent", "absent") or _challenge("unauthorized", _REQUIRED, self._absent)
        return caller

    def step_up(self, denial: Denial, granted: Iterable[str] = ()) -> Refusal:
        """The refusal that names the scopes with which a new credential would be enough.

        Args:
            granted: scopes of the present credential to ask for again, in revisions whose clients replace it.
        """
        value = self._metadata.challenge("insufficient_scope", denial.reason, denial.needed_scopes, granted)
        body = {"error": "insufficient_scope", "error_description": denial.reason}
        return Refusal("scope_missing", denial.reason, _challenge_headers(value), oauth=body)

    def _rejection(self, head: Head, reason: str) -> Refusal:
        """The refusal of an invalid credential."""
        limited = self._limited(head, "invalid", reason)
        if limited is not None:
            return limited
        self._log.rejected(reason, head.scope)
        explanation = _EXPLANATIONS.get(reason, "The access token is not valid")
        headers = _challenge_headers(self._metadata.challenge("invalid_token", explanation))
        return _challenge("invalid_token", explanation, headers)

    def _limited(self, head: Head, failure: Failure, reason: str) -> Refusal | None:
        """Count a failure; 429 for an address with too many. A valid credential from there is accepted."""
        blocked = self._limits.count(failure, self._clients.of(head.scope))
        if blocked is None:
            return None
        if blocked.is_first:
            self._log.limited(reason, head.scope)
        words = (
            f"Too many requests without a valid credential came from this address. Wait {blocked.wait} s, or send a "
            "valid credential now."
        )
        return Refusal("too_many_failures", words, ((b"retry-after", b"%d" % blocked.wait), *self._absent))


def _challenge(error: str, explanation: str, headers: Headers) -> Refusal:
    body = {"error": error, "error_description": explanation}
    return Refusal("unauthenticated", explanation, headers, oauth=body)


def _challenge_headers(value: str) -> tuple[tuple[bytes, bytes], ...]:
    return (b"www-authenticate", value.encode()), (b"cache-control", b"no-store")
