"""API keys, for internal clients without OAuth. The file has hashes only; keys are rotated by editing it.

A key is ``fleet_<id>_<secret>``: the id selects the entry, and the whole key is compared with its hash. A plain SHA-256
is sufficient, since the secret has 256 random bits.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from servicekit.auth.errors import InvalidCredential
from servicekit.core.caller import Caller
from servicekit.core.grants import GrantKind
from servicekit.settings.bounded_yaml import Pace
from servicekit.settings.parsed_yaml import parse_yaml

PREFIX: Final = "fleet_"
_KEY: Final = re.compile(rf"{PREFIX}(?P<id>[a-z0-9]{{8,32}})_(?P<secret>[A-Za-z0-9_-]{{43}})")
_NO_HASH: Final = "0" * 64


class KeyEntry(BaseModel):
    """The file entry of one key."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Hash of the whole key.")]
    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    subject: Annotated[str, Field(min_length=1, max_length=255)]
    tenant: str | None = None
    scopes: list[str] = []
    grants: Annotated[dict[GrantKind, list[str]], Field(description="Resources the key is limited to, by kind.")] = {}
    expires: Annotated[AwareDatetime, Field(description="When the key expires. Every key needs an expiry.")]

    @property
    def caller(self) -> Caller:
        """The caller of the key."""
        return Caller(
            subject=self.subject,
            client_id=self.client_id,
            tenant=self.tenant,
            scopes=frozenset(self.scopes),
            auth_method="api_key",
            expires_at=self.expires.timestamp(),
            grants={str(kind): names for kind, names in self.grants.items()},
        )


class KeyFile(BaseModel):
    """The API key file: entries by key id."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    keys: Mapping[Annotated[str, Field(pattern=r"^[a-z0-9]{8,32}$")], KeyEntry] = {}

    @cached_property
    def by_holder(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The names of the entries of each client and subject."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for name, entry in self.keys.items():
            holder_of = entry.client_id, entry.subject
            found[holder_of] = (*found.get(holder_of, ()), name)
        return found

    def has(self, caller: Caller) -> bool:
        """Whether a key makes exactly this caller."""
        names = self.by_holder.get((caller.client_id, caller.subject), ())
        return any(self.keys[name].caller == caller for name in names)


def parse_keys(text: str, pace: Pace | None = None) -> KeyFile:
    """Parse an API key file (YAML), at a pace in a thread.

    Raises:
        InvalidContent: the file is invalid. The error quotes none of its values.
    """
    file = parse_yaml(text, KeyFile, "The API key file", pace)
    _ = file.by_holder  # made here, in the thread that parses
    return file


def new_key() -> tuple[str, str, str]:
    """A new key, its id, and its hash for the file. Only the hash is stored."""
    key_id = secrets.token_hex(6)
    key = f"{PREFIX}{key_id}_{secrets.token_urlsafe(32)}"
    return key, key_id, hashlib.sha256(key.encode()).hexdigest()


class ApiKeyVerifier:
    """Verifies API keys and returns their callers.

    Args:
        keys: returns the current key file, so that an edit takes effect without a restart.
    """

    def __init__(self, keys: Callable[[], KeyFile]) -> None:
        self._keys = keys

    def verify(self, key: str) -> Caller:
        """The caller of a valid key.

        Raises:
            InvalidCredential: the key is unknown or expired.
        """
        match = _KEY.fullmatch(key)
        entry = self._keys().keys.get(match["id"]) if match else None
        # Also compared without an entry, so that the response time does not reveal which ids exist.
        good = hmac.compare_digest(hashlib.sha256(key.encode()).hexdigest(), entry.sha256 if entry else _NO_HASH)
        if entry is None or not good:
            raise InvalidCredential("api_key")
        if entry.expires <= datetime.now(UTC):
            raise InvalidCredential("expired")
        return entry.caller
