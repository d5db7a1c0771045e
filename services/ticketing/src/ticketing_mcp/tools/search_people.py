"""People, queues, tags and tickets that the filters of a ticket search name."""

import re
from collections.abc import Sequence
from typing import Final

from servicekit.core import Refused
from servicekit.schema import mail_address, unknown_value
from servicekit.storage.search_terms import WORD, fold
from ticketing_mcp.models.errors import unknown_queue, unknown_ticket
from ticketing_mcp.models.identifiers import Requester, ticket_id
from ticketing_mcp.models.tags import unknown_tag
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.search import TicketFilter

_CANDIDATES: Final = 6
_NEAR: Final = 50
_MOST_TAGS: Final = 500
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_DOMAIN = re.compile(r"@?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_FOUND_BY = "search_users finds people."


async def person_id(desk: Desk, given: Requester) -> str:
    """The id or e-mail address of the person that `given` names.

    Raises:
        Refused: no person, or more than one, has that name.
    """
    folded = fold(mail_address(given.strip()))
    if "@" in folded or _UUID.fullmatch(folded):
        return folded
    if not (words := _words(given)):
        raise await _unknown(desk, given)
    people = await desk.users(words, None, _CANDIDATES, None)
    named = [one for one in people if one.id == folded] or people
    if len(named) == 1:
        return named[0].id
    if not named:
        raise await _unknown(desk, given)
    emails = ", ".join(one.email for one in named[:3])
    more = " and others" if len(named) > 3 else ""
    raise Refused(f"Several people have that name (requester): {emails}{more}. Send one e-mail address.")


async def require_existing(desk: Desk, filters: TicketFilter, requester: Requester | None) -> None:
    """Check the filters of an empty result, so that it means: no ticket.

    Args:
        requester: as the caller gave it.

    Raises:
        Refused: a filter names what does not exist.
    """
    if filters.queue_id is not None:
        queues = await desk.queues()
        if filters.queue_id not in {queue.id for queue in queues}:
            raise unknown_queue(filters.queue_id, queues)
    await _require_tags(desk, filters.tags)
    if filters.merged_into is not None and await desk.get(filters.merged_into) is None:
        raise unknown_ticket(ticket_id(filters.merged_into))
    if requester is not None and filters.requester is not None:
        await _require_requester(desk, filters.requester, requester)


async def _require_requester(desk: Desk, person: str, given: Requester) -> None:
    """Check that the person (an id or e-mail address) may have tickets. An id is known by its tickets alone."""
    if "@" in person and person not in {user.email for user in await desk.users((person,), None, 1, None)}:
        raise await _unknown(desk, person)
    is_id = fold(given.strip()) == person and "@" not in person
    staff = await desk.staff([person])
    if (is_id or staff) and not (await desk.search(TicketFilter(requester=person), 1, None, "newest")).tickets:
        if staff:
            raise Refused(f"{staff[0].id} is on the staff and requested no ticket. Send it as assignee_id instead.")
        raise unknown_value("requester", "person with tickets", given, (), _FOUND_BY)


async def _require_tags(desk: Desk, tags: Sequence[str]) -> None:
    known = frozenset(await desk.known_tags(tags)) if tags else frozenset()
    for place, tag in enumerate(tags):
        if tag not in known:
            raise unknown_tag(f"tags.{place}", tag, [use.tag for use in await desk.tags(_MOST_TAGS)])


async def _unknown(desk: Desk, given: str) -> Refused:
    """The refusal of a person, with people whose name or address begins alike."""
    near: dict[str, str] = {}
    for word in _words(given.partition("@")[0])[:2]:
        near |= {user.email: user.name for user in await desk.users((word[:3],), None, _NEAR, None)}
    found_by = f"{_FOUND_BY} query finds the requesters of a domain." if _DOMAIN.fullmatch(given) else _FOUND_BY
    return unknown_value("requester", "person", given, near, found_by, only_similar=True)


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(WORD.findall(fold(text))))[:5]
