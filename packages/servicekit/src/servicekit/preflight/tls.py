"""Checks the server's own certificate, its key and the CAs of client certificates."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from servicekit.preflight.finding import Area
from servicekit.preflight.variables import variable
from servicekit.settings.service import ServiceSettings

EXPIRES_SOON: Final = timedelta(days=14)
"""A certificate with less time left is warned of: tools that renew certificates do it earlier."""


class _Unusable(Exception):
    """A file cannot be used. The text says why."""


def check_tls(area: Area, settings: ServiceSettings) -> None:
    """Check the files of TLS_CERTIFICATE, TLS_KEY and TLS_CLIENT_CA."""
    certificate, key = variable(settings, "tls_certificate"), variable(settings, "tls_key")
    try:
        chain = _certificates(settings.tls_certificate or "")
        public = _public_key(settings.tls_key or "")
        if public != chain[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
            raise _Unusable(f"The key of {key} does not belong to the first certificate of {certificate}")
        authorities = _certificates(settings.tls_client_ca) if settings.tls_client_ca is not None else []
    except _Unusable as problem:
        area.fail("tls", f"{problem}.", f"Correct {certificate} (chain, the server's own first) and {key}, in PEM.")
        return
    _check_dates(area, [chain[0], *authorities])


def _check_dates(area: Area, certificates: list[x509.Certificate]) -> None:
    now = datetime.now(UTC)
    first = min(certificate.not_valid_after_utc for certificate in certificates)
    begins = max(certificate.not_valid_before_utc for certificate in certificates)
    if first <= now:
        area.fail("tls", f"A certificate expired on {first:%Y-%m-%d}.", "Renew it, then restart the server.")
    elif begins > now:
        area.fail("tls", f"A certificate is valid from {begins:%Y-%m-%d %H:%M} UTC on.", "Check the clock.")
    elif first - now < EXPIRES_SOON:
        area.warn("tls", f"A certificate expires on {first:%Y-%m-%d}.", "Renew it, then restart the server.")
    else:
        area.ok("tls", f"The certificate is valid until {first:%Y-%m-%d}, and the key fits.")


def _certificates(path: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError:
        raise _Unusable(f"{path} contains no PEM certificate that can be read") from None


def _public_key(path: str) -> bytes:
    try:
        key = load_pem_private_key(_read(path), password=None)
    except TypeError:
        raise _Unusable(f"The key in {path} is encrypted, and the server has no password for it") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _Unusable(f"{path} contains no PEM key that can be read") from None
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise _Unusable(f"{path} cannot be read: {(error.strerror or type(error).__name__).lower()}") from None
