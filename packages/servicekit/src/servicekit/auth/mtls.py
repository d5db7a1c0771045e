"""Mutual TLS: callers by client certificate, from this server's listener or forwarded by a trusted proxy."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from servicekit.auth.client_address import ClientAddresses
from servicekit.auth.errors import InvalidCredential
from servicekit.core.asgi_scope import CERTIFICATE_NAMES
from servicekit.core.caller import Caller
from servicekit.settings.bounded_yaml import Pace
from servicekit.settings.parsed_yaml import parse_yaml

_NAME_KINDS: Final = frozenset({"URI", "DNS"})


class CertificateHolder(BaseModel):
    """The file entry of one certificate holder."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    subject: Annotated[str, Field(min_length=1, max_length=255)]
    tenant: str | None = None
    scopes: list[str] = []

    @property
    def caller(self) -> Caller:
        """The caller of the certificate."""
        return Caller(
            subject=self.subject,
            client_id=self.client_id,
            tenant=self.tenant,
            scopes=frozenset(self.scopes),
            auth_method="mtls",
        )


class CertificateFile(BaseModel):
    """The certificate file: holders by the URI or DNS name in their certificate's subjectAltName."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    certificates: Mapping[str, CertificateHolder] = {}

    @cached_property
    def by_holder(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The names of the entries of each client and subject."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for name, holder in self.certificates.items():
            holder_of = holder.client_id, holder.subject
            found[holder_of] = (*found.get(holder_of, ()), name)
        return found

    def has(self, caller: Caller) -> bool:
        """Whether a certificate makes exactly this caller."""
        names = self.by_holder.get((caller.client_id, caller.subject), ())
        return any(self.certificates[name].caller == caller for name in names)


def parse_certificates(text: str, pace: Pace | None = None) -> CertificateFile:
    """Parse a certificate file (YAML), at a pace in a thread.

    Raises:
        InvalidContent: the file is invalid.
    """
    file = parse_yaml(text, CertificateFile, "The certificate file", pace)
    _ = file.by_holder  # made here, in the thread that parses
    return file


def certificate_names(certificate: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The URI and DNS names of a verified certificate (`ssl.SSLSocket.getpeercert`). The common name does not count
    (RFC 9525 §2)."""
    alternatives = (certificate or {}).get("subjectAltName", ())
    return tuple(value for kind, value in alternatives if kind in _NAME_KINDS)


class CertificateVerifier:
    """Identifies callers by the names in their client certificates.

    Args:
        file: returns the current certificate file, so that an edit takes effect without a restart.
        header: the header in which proxies forward the verified name; None ignores all headers.
        clients: knows the proxies, whose header is trusted.
    """

    def __init__(self, file: Callable[[], CertificateFile], header: str | None, clients: ClientAddresses) -> None:
        self._file = file
        self._header = header.lower().encode() if header is not None else None
        self._clients = clients

    def caller_of(self, scope: Mapping[str, Any]) -> Caller | None:
        """The caller of the connection's certificate; None without a certificate.

        Raises:
            InvalidCredential: the certificate is valid, but its names are not in the file.
        """
        names = scope.get(CERTIFICATE_NAMES) or self._forwarded(scope)
        if not names:
            return None
        known = self._file().certificates
        for name in names:
            if name in known:
                return known[name].caller
        raise InvalidCredential("certificate_name")

    def _forwarded(self, scope: Mapping[str, Any]) -> tuple[str, ...]:
        if self._header is None or not self._clients.is_from_proxy(scope):
            return ()
        values = [value for name, value in scope["headers"] if name == self._header]
        if len(values) > 1:
            raise InvalidCredential("malformed")
        return tuple(value.decode("latin-1").strip() for value in values if value.strip())
