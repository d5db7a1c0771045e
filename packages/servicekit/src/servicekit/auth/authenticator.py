"""Every way in that a server has open: which credential a request carries, and who that makes the caller."""

from collections.abc import Mapping
from typing import Any, Final

from servicekit.auth.access_token import TokenVerifier
from servicekit.auth.api_keys import PREFIX, ApiKeyVerifier
from servicekit.auth.errors import InvalidCredential
from servicekit.auth.mtls import CertificateVerifier
from servicekit.core.caller import Caller

_HEADERS: Final = (b"authorization", b"x-api-key")


class Authenticator:
    """Finds the one credential of a request and has it verified.

    Args:
        tokens: verifies OAuth access tokens; None where there is no issuer.
        keys: verifies API keys; None where there is no key file.
        certificates: knows the holders of client certificates; None where there is no file of them.
    """

    def __init__(
        self,
        tokens: TokenVerifier | None,
        keys: ApiKeyVerifier | None = None,
        certificates: CertificateVerifier | None = None,
    ) -> None:
        self._tokens = tokens
        self._keys = keys
        self._certificates = certificates

    async def caller_of(self, scope: Mapping[str, Any]) -> Caller | None:
        """Who makes a request; None where it carries no credential at all. A header comes before a certificate.

        Raises:
            BadCredential: it carries more than one, or one that is not good.
            CannotVerify: credentials cannot be checked at the moment.
        """
        found = [(name, value) for name, value in scope["headers"] if name in _HEADERS]
        if not found:
            return self._certificates.caller_of(scope) if self._certificates is not None else None
        if len(found) > 1:
            raise InvalidCredential("malformed")
        name, value = found[0]
        credential = _bearer(value) if name == b"authorization" else value.decode("latin-1").strip()
        if self._keys is not None and (name == b"x-api-key" or credential.startswith(PREFIX)):
            return self._keys.verify(credential)
        if self._tokens is None or name == b"x-api-key":
            raise InvalidCredential("way_in")
        return await self._tokens.verify(credential)


def _bearer(value: bytes) -> str:
    scheme, _, credential = value.decode("latin-1").strip().partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise InvalidCredential("malformed")
    return credential.strip()
