"""Looks up who of the recipients of a reply is outside the desk."""

from collections.abc import Iterable
from typing import Final

from ticketing_mcp.ports.people import People

_MOST_STAFF: Final = 2000


async def outside_addresses(people: People, addresses: Iterable[str]) -> list[str]:
    """The addresses that belong to no member of staff."""
    if not (given := list(addresses)):
        return []
    staff = {user.email for user in await people.users((), "staff", _MOST_STAFF, None)}
    return [address for address in given if address not in staff]
