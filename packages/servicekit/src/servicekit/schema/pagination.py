"""Cursors: a `Position` on its way through the client, bound to the tool, its filters, the tenant and the caller."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from servicekit.core.caller import Caller
from servicekit.core.sealed_token import NotSealedHere, Sealer
from servicekit.schema.results import Position

# How much is shown of each record, and how many, may change from page to page; what is listed may not.
_MAY_CHANGE = frozenset({"cursor", "limit", "fields"})


class Cursors:
    """Seals and opens the cursors of one server."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._sealer = Sealer(secrets, "cursor")

    def seal(self, position: tuple[Any, ...], operation: str, arguments: Mapping[str, Any], caller: Caller) -> str:
        """The opaque cursor for the place after `position`."""
        return self._sealer.seal(to_json(position), _context(operation, arguments, caller))

    def open(self, cursor: str, operation: str, arguments: Mapping[str, Any], caller: Caller) -> Position:
        """The position inside a cursor.

        Raises:
            NotSealedHere: altered, or given for another tool, filter, tenant or caller.
        """
        position = json.loads(self._sealer.open(cursor, _context(operation, arguments, caller)))
        if not isinstance(position, list):
            raise NotSealedHere
        return Position(position)


def _context(operation: str, arguments: Mapping[str, Any], caller: Caller) -> bytes:
    filters = {name: value for name, value in sorted(arguments.items()) if name not in _MAY_CHANGE}
    return to_json([operation, caller.tenant, caller.subject, caller.client_id, filters])
