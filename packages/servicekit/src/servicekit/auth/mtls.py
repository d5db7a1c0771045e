"""Mutual TLS: a client certificate names its holder, on our own listener or as a named proxy passes it on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from servicekit.auth.errors import InvalidCredential
from servicekit.core.asgi_scope import CERTIFICATE_NAMES
from servicekit.core.caller import Caller
from servicekit.settings.reloaded_file import parse_yaml

_NAME_KINDS: Final = frozenset({"URI", "DNS"})


class CertificateHolder(BaseModel):
    """Who a certificate stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    subject: Annotated[str, Field(min_length=1, max_length=255)]
    tenant: str | None = None
    scopes: list[str] = []

    @property
    def caller(self) -> Caller:
        """The holder, as a caller."""
        return Caller(
            subject=self.subject,
            client_id=self.client_id,
            tenant=self.tenant,
            scopes=frozenset(self.scopes),
            auth_method="mtls",
        )


class CertificateFile(BaseModel):
    """The whole file: holders by the URI or DNS name in their certificate's subjectAltName."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    certificates: dict[str, CertificateHolder] = {}

    @property
    def callers(self) -> list[Caller]:
        """Every holder."""
        return [holder.caller for holder in self.certificates.values()]


def parse_certificates(text: str) -> CertificateFile:
    """The holders that `text` (YAML) lists.

    Raises:
        InvalidContent: it is not such a file.
    """
    return parse_yaml(text, CertificateFile, "certificate")


def names_in(certificate: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The names that a verified certificate carries (`ssl.SSLSocket.getpeercert`); the common name is not one of them
    (RFC 9525 §2)."""
    alternatives = (certificate or {}).get("subjectAltName", ())
    return tuple(value for kind, value in alternatives if kind in _NAME_KINDS)


class CertificateVerifier:
    """Turns a client certificate into a caller.

    Args:
        file: gives the file's present content, so that an edit takes effect without a restart.
        header: name of the header in which proxies pass on the name they verified; None believes no header.
        proxies: addresses whose header is believed, exactly; from anywhere else it is ignored.
    """

    def __init__(self, file: Callable[[], CertificateFile], header: str | None, proxies: Sequence[str]) -> None:
        self._file = file
        self._header = header.lower().encode() if header is not None else None
        self._proxies = frozenset(proxies)

    def caller_of(self, scope: Mapping[str, Any]) -> Caller | None:
        """Who the certificate of a connection stands for; None where there is none.

        Raises:
            BadCredential: the certificate is good, and its holder is nobody we know.
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
        client = scope.get("client")
        if self._header is None or client is None or client[0] not in self._proxies:
            return ()
        values = [value for name, value in scope["headers"] if name == self._header]
        if len(values) > 1:
            raise InvalidCredential("malformed")
        return tuple(value.decode("latin-1").strip() for value in values if value.strip())
