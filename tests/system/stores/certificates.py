"""Certificates for stores with TLS: an authority of the test run, a server's certificate, a client's."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from tests.servicekit.auth.certificate_authority import Authority, Issued, address


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority, a server's pair for `localhost` and 127.0.0.1, a client's pair."""

    authority: Path
    server: Issued
    client: Issued

    @classmethod
    def made_in(cls, folder: Path, client: str = "client") -> "Certificates":
        """Made by a new authority. `client` is the common name of the client's certificate."""
        folder.mkdir(parents=True, exist_ok=True)
        authority = Authority(folder, "authority")
        server = authority.issue("server", x509.DNSName("localhost"), address("127.0.0.1"))
        return cls(authority.certificate, server, authority.issue(client, x509.DNSName(client)))

    def server_files_in(self, folder: Path) -> tuple[Path, Path, Path]:
        """Copies for a server: authority, certificate and key. The key has the mode that servers insist on."""
        copies = folder / "authority.pem", folder / "server.crt", folder / "server.key"
        for source, copy in zip((self.authority, self.server.certificate, self.server.key), copies, strict=True):
            shutil.copy(source, copy)
        copies[2].chmod(0o600)
        return copies
