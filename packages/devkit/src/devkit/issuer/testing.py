"""Runs the issuer in a thread, for tests."""

import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from devkit.issuer.app import create_issuer
from devkit.issuer.configuration import IssuerConfiguration, Resource
from devkit.issuer.keys import LIFETIME, KeyPair, mint
from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import serving_in_thread


@dataclass(frozen=True)
class RunningIssuer:
    """A running issuer and its signing key."""

    url: str
    key: KeyPair
    machine_secret: str

    def mint(
        self,
        audience: str | list[str],
        *,
        scopes: Iterable[str] = (),
        subject: str = "dev",
        tenant: str = "acme",
        client_id: str = "devkit",
        lifetime: float = LIFETIME,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> str:
        """An access token of this issuer; `claims` and `header` make invalid ones, as in `keys.mint`."""
        return mint(
            self.key,
            issuer=self.url,
            audience=audience,
            subject=subject,
            tenant=tenant,
            client_id=client_id,
            scopes=scopes,
            lifetime=lifetime,
            claims=claims,
            header=header,
        )


@contextmanager
def issuer_in_thread(
    scopes: Sequence[str],
    *,
    key: KeyPair | None = None,
    resources: Sequence[Resource] = (),
    reads_documents: bool = True,
) -> Iterator[RunningIssuer]:
    """An issuer on a free port of 127.0.0.1 for the length of the block; its state is lost at the end."""
    key = key or KeyPair.generate()
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        secret = secrets.token_urlsafe(24)
        configuration = IssuerConfiguration(
            url, tuple(scopes), secret, resources=resources, reads_documents=reads_documents
        )
        app = create_issuer(configuration, key)
        with serving_in_thread(app, listener):
            yield RunningIssuer(url, key, secret)
