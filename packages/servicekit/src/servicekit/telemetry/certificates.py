"""When the certificates in use expire, by their PEM file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509
from opentelemetry.metrics import Observation

Stamp = tuple[int, int]


class Certificates:
    """The certificate files of this process. Their paths come from the settings, so their number is bounded."""

    def __init__(self) -> None:
        self._reread: dict[str, Stamp | None] = {}
        self._expiries: dict[str, float] = {}

    def watch(self, path: str, *, loaded_once: bool = False) -> None:
        """Report when the first certificate of a file expires.

        Args:
            path: the PEM file, which may hold several certificates.
            loaded_once: the process uses what the file holds now until it ends; else what it holds at each collection.
        """
        if path == "system":  # the system's authorities (libpq)
            return
        if loaded_once:
            self._expiries |= _expiry(path)
        else:
            self._reread.setdefault(path, None)

    def observe(self) -> Iterable[Observation]:
        for path, known in list(self._reread.items()):
            stamp = _stamp(path)
            if stamp != known:
                self._reread[path] = stamp
                self._expiries.pop(path, None)
                self._expiries |= _expiry(path)
        for path, expiry in list(self._expiries.items()):
            yield Observation(expiry, {"path": path})


def _expiry(path: str) -> dict[str, float]:
    """The first expiry in a file, in seconds since the epoch, by its path; nothing for a file without a certificate."""
    try:
        found = x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError):
        return {}
    return {path: min(certificate.not_valid_after_utc.timestamp() for certificate in found)}


def _stamp(path: str) -> Stamp | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


certificates: Final = Certificates()
"""Every certificate file of this process."""
