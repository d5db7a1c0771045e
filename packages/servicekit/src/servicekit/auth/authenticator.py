"""The authenticator: finds the credential of a request and verifies it with its auth method."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from servicekit.auth.access_token import TokenVerifier
from servicekit.auth.api_keys import PREFIX, ApiKeyVerifier, KeyFile, parse_keys
from servicekit.auth.client_address import ClientAddresses
from servicekit.auth.errors import InvalidCredential
from servicekit.auth.introspection import Introspection
from servicekit.auth.jwks import SigningKeys
from servicekit.auth.mtls import CertificateFile, CertificateVerifier, parse_certificates
from servicekit.core.caller import AuthMethod, Caller
from servicekit.settings.reloaded_file import ReloadedFile
from servicekit.settings.service import ServiceSettings

_HEADERS: Final = (b"authorization", b"x-api-key")


class Authenticator:
    """Verifies the credential of a request.

    Args:
        tokens: verifies OAuth access tokens; None without an issuer.
        signing_keys: the issuer's keys, refreshed while the server runs; None without an issuer.
        introspection: asks the issuer about tokens; None where their expiry is enough.
        key_file: the API keys; None without a file.
        certificates: verifies client certificates; None without a certificate file.
        certificate_file: the holders of client certificates; None without a file.
    """

    def __init__(
        self,
        tokens: TokenVerifier | None = None,
        signing_keys: SigningKeys | None = None,
        introspection: Introspection | None = None,
        key_file: ReloadedFile[KeyFile] | None = None,
        certificates: CertificateVerifier | None = None,
        certificate_file: ReloadedFile[CertificateFile] | None = None,
    ) -> None:
        self._tokens = tokens
        self._keys = ApiKeyVerifier(lambda: key_file.content) if key_file is not None else None
        self._certificates = certificates
        self._signing_keys = signing_keys
        self._introspection = introspection
        self._key_file = key_file
        self._certificate_file = certificate_file

    @classmethod
    def from_settings(cls, settings: ServiceSettings) -> "Authenticator":
        """An authenticator with every auth method that the settings enable.

        Raises:
            ValueError: the settings enable no auth method.
            InvalidContent: a file is invalid.
        """
        tokens = signing_keys = introspection = key_file = certificates = certificate_file = None
        if settings.issuer is not None:
            signing_keys = SigningKeys(settings.issuer, settings.jwks_url, settings.token_algorithms)
            introspection = Introspection(settings) if settings.introspection_url is not None else None
            tokens = TokenVerifier(settings, signing_keys, introspection)
        if settings.api_keys_file is not None:
            key_file = ReloadedFile(
                "API key", [settings.api_keys_file], lambda files, pace: parse_keys(files[0].text, pace)
            )
        if settings.certificates_file is not None:
            certificate_file = ReloadedFile(
                "certificate",
                [settings.certificates_file],
                lambda files, pace: parse_certificates(files[0].text, pace),
            )
            holders = certificate_file
            certificates = CertificateVerifier(
                lambda: holders.content, settings.certificate_header, ClientAddresses(settings.proxy_addresses)
            )
        if tokens is None and key_file is None and certificates is None:
            raise ValueError("no auth method is enabled: set the issuer, an API key file or a certificate file")
        return cls(tokens, signing_keys, introspection, key_file, certificates, certificate_file)

    def on_change(self, observer: Callable[[AuthMethod, Callable[[Caller], bool]], None]) -> None:
        """Call `observer` after an edit of a credential file, with its auth method and what says whether the file has
        a caller now."""
        if (keys := self._key_file) is not None:
            keys.on_change(lambda: observer("api_key", keys.content.has))
        if (holders := self._certificate_file) is not None:
            holders.on_change(lambda: observer("mtls", holders.content.has))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Refresh keys and files inside the block."""
        async with AsyncExitStack() as stack:
            for part in (self._signing_keys, self._introspection, self._key_file, self._certificate_file):
                if part is not None:
                    await stack.enter_async_context(part.running())
            yield

    async def authenticate(self, scope: Mapping[str, Any]) -> Caller | None:
        """The caller of a request; None where it has no credential. A header takes precedence over a certificate.

        Raises:
            InvalidCredential: the request has several credentials, or an invalid one.
            VerificationUnavailable: credentials cannot be verified now.
        """
        found = [(name, value) for name, value in scope["headers"] if name in _HEADERS]
        if not found:
            return self._certificates.caller_of(scope) if self._certificates is not None else None
        if len(found) > 1:
            raise InvalidCredential("several")
        ((name, value),) = found
        credential = value.decode("latin-1").strip()
        if name == b"authorization":
            scheme, _, credential = credential.partition(" ")
            if scheme.lower() != "bearer":
                return None  # RFC 6750 §3.1: another scheme is no credential here, and gets no error code
            credential = credential.strip()
        if self._keys is not None and (name == b"x-api-key" or credential.startswith(PREFIX)):
            return self._keys.verify(credential)
        if self._tokens is None or name == b"x-api-key":
            raise InvalidCredential("auth_method_disabled")
        return await self._tokens.verify(credential)
