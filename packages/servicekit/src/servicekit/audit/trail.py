"""One stored entry of an audit trail, as it is read back to be verified, exported or printed."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from servicekit.audit.cuts import Cut

_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


class TrailEntry(NamedTuple):
    """A stored entry with its place in a hash chain.

    Attributes:
        chain: the name of the chain: `<tenant>/<lane>` in Postgres, `file` in an audit file.
        number: the position in the chain, from 1.
        text: the entry as JSON, as it was hashed (`hash_chain.serialise_entry`).
        previous: the hash of the entry before it.
        own: the hash of this entry.
        columns: members of the text that the store also keeps beside it, to search or sort by, as they are stored. The
            hash covers the text only, so verification compares them with it.
    """

    chain: str
    number: int
    text: str
    previous: bytes
    own: bytes
    columns: Mapping[str, str] = _NO_COLUMNS

    def differing_columns(self) -> list[str]:
        """The names of the columns that do not say what the text says."""
        if not self.columns:
            return []
        try:
            members = json.loads(self.text)
            return [name for name, value in self.columns.items() if members[name] != value]
        except (ValueError, KeyError, TypeError, RecursionError):
            return list(self.columns)


class Trail(Protocol):
    """What can be read of an audit trail."""

    def trail(self, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[TrailEntry]:
        """Every entry of that time, each chain in its order."""
        ...

    async def cuts(self) -> Sequence[Cut]:
        """What retention removed."""
        ...
