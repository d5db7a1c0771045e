"""The credentials of this server with an upstream. A caller's token is never passed on: no parameter takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Credential:
    """Headers and query parameters that authenticate a request. They are kept out of logs, spans and errors."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


class Credentials(Protocol):
    """Provides the service's own credential, such as an installation token that is renewed."""

    @property
    def account(self) -> str:
        """An identifier of the account without its secret, part of cache keys: accounts share no cached responses."""
        ...

    async def current(self) -> Credential:
        """The credential to send now.

        Raises:
            Unavailable: no credential can be had now.
        """
        ...

    def invalidate(self, credential: Credential) -> bool:
        """Called when the upstream answered 401 to `credential`. Returns whether `current` now gives another one."""
        ...


class FixedCredentials:
    """One credential for the life of the process; without arguments, requests are unauthenticated."""

    def __init__(self, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None) -> None:
        self._credential = Credential(headers or {}, query or {})
        content = repr((sorted(self._credential.headers.items()), sorted(self._credential.query.items())))
        self.account = blake2b(content.encode(), digest_size=12, person=b"upstream").hexdigest()

    async def current(self) -> Credential:
        """The credential."""
        return self._credential

    def invalidate(self, credential: Credential) -> bool:  # noqa: ARG002
        """Returns False: there is no other credential."""
        return False
