"""Creates API keys: the key for the client and the entry for the server's key file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import yaml

from servicekit.auth.api_keys import KeyEntry, new_key


@dataclass(frozen=True)
class NewKey:
    """A new key.

    Attributes:
        key: the secret that the client sends; the server stores only its hash.
        entry: YAML for the key file, under `keys:`.
    """

    key: str
    entry: str


def make_key(client_id: str, *, subject: str, tenant: str | None, scopes: Sequence[str], days: int) -> NewKey:
    """Create a key that expires after `days`. To rotate, add the next key before, remove this one afterwards."""
    key, key_id, digest = new_key()
    expires = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)
    entry = KeyEntry(
        sha256=digest, client_id=client_id, subject=subject, tenant=tenant, scopes=list(scopes), expires=expires
    )
    text: str = yaml.safe_dump({"keys": {key_id: entry.model_dump(mode="json", exclude_none=True)}}, sort_keys=False)
    return NewKey(key, text)
