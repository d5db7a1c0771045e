"""Who this server is to an upstream. A caller's own token never gets here: there is no parameter that would take it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Credential:
    """What goes with each request. It is never part of a log line, a span or an error."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


class Credentials(Protocol):
    """Provides a credential of the service's own, such as an installation token that it renews."""

    @property
    def account(self) -> str:
        """Names whose credential it is, without giving it away: answers to one are never shown to another."""
        ...

    async def current(self) -> Credential:
        """The credential to send now.

        Raises:
            Unavailable: there is none at the moment.
        """
        ...

    def refused(self, credential: Credential) -> bool:
        """The upstream does not know this one. True where `current` gives another from now on."""
        ...


class FixedCredentials:
    """One credential for the life of the process; with nothing in it, none."""

    def __init__(self, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None) -> None:
        self._credential = Credential(headers or {}, query or {})
        content = repr((sorted(self._credential.headers.items()), sorted(self._credential.query.items())))
        self.account = blake2b(content.encode(), digest_size=12, person=b"upstream").hexdigest()

    async def current(self) -> Credential:
        """The same each time."""
        return self._credential

    def refused(self, credential: Credential) -> bool:  # noqa: ARG002
        """There is no other."""
        return False
