"""Changes that wait to be sent to the other replicas: each URI once, by tenant, and so many at most."""

from collections.abc import Sequence
from typing import Final

BATCH: Final = 100
"""Changes in one message."""
MOST: Final = 10_000
"""Changes that wait. Beyond them a tenant's changes become one: any of its resources may have changed."""

_Uris = dict[str, None]


class UnsentChanges:
    """The queue of one process. Tenants take turns, so that one with many changes delays no other for long."""

    def __init__(self) -> None:
        self._by_tenant: dict[str, _Uris | None] = {}  # None: any resource may have changed
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._by_tenant)

    def add(self, tenant: str, uris: Sequence[str] | None) -> None:
        """Add changes, behind those that wait; None for any resource."""
        known = self._by_tenant.get(tenant, {})
        if known is None:
            return
        if uris is None or self._count + len(uris) > MOST:
            self._count -= len(known)
            self._by_tenant[tenant] = None
            return
        before = len(known)
        known.update(dict.fromkeys(uris))
        self._count += len(known) - before
        self._by_tenant[tenant] = known

    def take(self) -> tuple[str, Sequence[str] | None]:
        """Take the next message: a tenant, and its changed URIs or None for any. A failed one is added again."""
        tenant = next(iter(self._by_tenant))
        known = self._by_tenant.pop(tenant)
        if known is None:
            return tenant, None
        uris = list(known)
        self._count -= min(len(uris), BATCH)
        if rest := uris[BATCH:]:
            self._by_tenant[tenant] = dict.fromkeys(rest)
        return tenant, uris[:BATCH]
