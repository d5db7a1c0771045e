"""TLS for connections to the shared store: certificate and host name are verified; files are read again on a change."""

import ssl
from pathlib import Path

from servicekit.settings.secret_file import Stamp, stamp_of
from servicekit.telemetry.certificates import certificates


class StoreTls:
    """The context of new connections, built once and again when a file changed: building one takes milliseconds.

    Args:
        ca: PEM file of the authorities to trust instead of the system's.
        certificate, key: PEM files of this client's certificate.

    Raises:
        OSError: a file cannot be read, or is no certificate or key (`ssl.SSLError`).
    """

    def __init__(self, ca: str | None, certificate: str | None, key: str | None) -> None:
        self._ca, self._certificate, self._key = ca, certificate, key
        self._files = [Path(name) for name in (ca, certificate, key) if name is not None]
        for file in filter(None, (ca, certificate)):
            certificates.watch(file)
        self._stamps = self._look()
        self._context = self._build()

    def context(self) -> ssl.SSLContext:
        """The context for a connection. A broken file leaves the previous one in use."""
        try:
            if (stamps := self._look()) != self._stamps:
                self._context, self._stamps = self._build(), stamps
        except OSError:  # being replaced
            pass
        return self._context

    def _look(self) -> list[Stamp]:
        return [stamp_of(file) for file in self._files]

    def _build(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._ca)
        if self._certificate is not None:
            context.load_cert_chain(self._certificate, self._key)
        return context
