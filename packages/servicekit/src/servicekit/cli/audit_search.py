"""The calls of one client or user in an audit trail, for an operator after a leak."""

import json
import sys
from dataclasses import dataclass
from datetime import datetime

from servicekit.audit.entry import AuditEntry
from servicekit.audit.hash_chain import entry_of
from servicekit.audit.trail import Trail


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls are looked for.

    Attributes:
        client_id, subject: the client and the user, exactly; None matches each.
        since, until: calls that began at `since` or later, and before `until`; None does not limit them.
    """

    client_id: str | None
    subject: str | None
    since: datetime | None
    until: datetime | None

    def matches(self, entry: AuditEntry) -> bool:
        """Whether the call is one of them."""
        return (
            self.client_id in (None, entry.client_id)
            and self.subject in (None, entry.subject)
            and (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at < self.until)
        )


async def print_calls(trail: Trail, wanted: Wanted) -> int:
    """Print each call as one line of JSON, the earliest first. Returns how many entries could not be read.

    Args:
        trail: the trail, with the right to read every chain.
        wanted: which calls.
    """
    found, damaged = list[tuple[datetime, str]](), 0
    async for stored in trail.trail(wanted.since, wanted.until):
        entry = entry_of(stored.text)
        if entry is None:
            damaged += 1
        elif wanted.matches(entry):
            members = {"chain": stored.chain, "number": stored.number, **json.loads(stored.text)}
            found.append((entry.at, json.dumps(members, ensure_ascii=False)))
    found.sort()
    sys.stdout.writelines(f"{line}\n" for _, line in found)
    return damaged
