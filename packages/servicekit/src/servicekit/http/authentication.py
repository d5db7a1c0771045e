"""Authentication: the caller of a request, or the challenge that says how to get a credential."""

from collections.abc import Iterable
from typing import Final

from servicekit.access.policy import Denial
from servicekit.auth.address_limits import RETRY_AFTER, AddressLimits
from servicekit.auth.authenticator import Authenticator
from servicekit.auth.errors import InvalidCredential, VerificationUnavailable
from servicekit.auth.resource_metadata import ResourceMetadata
from servicekit.auth.security_log import SecurityLog
from servicekit.core.caller import Caller
from servicekit.http.head import Head
from servicekit.http.refusal import Refusal
from servicekit.telemetry.instruments import credentials_refused
from servicekit.telemetry.spans import child_span

_EXPLANATIONS: Final = {
    "expired": "The access token has expired",
    "wrong_audience": "The access token is for another server",
    "several": "The request has several credentials; send one",
    "id_token": "The token is an ID token; send an access token",
}
_UNREACHABLE: Final = "Credentials cannot be verified now: the identity provider is unreachable. Try again in 5 s."


class Authentication:
    """Authenticates the requests of one server."""

    def __init__(
        self, authenticator: Authenticator, metadata: ResourceMetadata, addresses: AddressLimits, log: SecurityLog
    ) -> None:
        self._authenticator = authenticator
        self._metadata = metadata
        self._addresses = addresses
        self._log = log

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
            self._log.rejected(error.reason, scope)
            explanation = _EXPLANATIONS.get(error.reason, "The access token is not valid")
            raise self._failure(head, "invalid_token", explanation) from None
        except VerificationUnavailable:
            self._log.rejected("issuer_unreachable", scope)
            raise Refusal("issuer_unreachable", _UNREACHABLE, ((b"retry-after", b"5"),)) from None
        if caller is None:
            credentials_refused.add(1, {"reason": "absent"})
            raise self._failure(head)
        return caller

    def step_up(self, denial: Denial, granted: Iterable[str] = ()) -> Refusal:
        """The refusal that names the scopes with which a new credential would be enough.

        Args:
            granted: scopes of the present credential to ask for again, in revisions whose clients replace it.
        """
        value = self._metadata.challenge("insufficient_scope", denial.reason, denial.needed_scopes, granted)
        body = {"error": "insufficient_scope", "error_description": denial.reason}
        return Refusal("scope_missing", denial.reason, _challenge_headers(value), oauth=body)

    def _failure(
        self, head: Head, error: str | None = None, explanation: str = "Authentication is required"
    ) -> Refusal:
        """The challenge; 429 for an address with too many failures. A valid credential from there is served."""
        if self._addresses.is_blocked(head.scope):
            self._addresses.note_refusal()
            words = f"Too many requests without a valid credential came from this address. Wait {RETRY_AFTER} s."
            return Refusal("too_many_failures", words, ((b"retry-after", str(RETRY_AFTER).encode()),))
        self._addresses.count_failure(head.scope)
        headers = _challenge_headers(self._metadata.challenge(error, explanation if error else None))
        body = {"error": error or "unauthorized", "error_description": explanation}
        return Refusal("unauthenticated", explanation, headers, oauth=body)


def _challenge_headers(value: str) -> tuple[tuple[bytes, bytes], ...]:
    return (b"www-authenticate", value.encode()), (b"cache-control", b"no-store")
