"""Which tickets a query finds, and in which order."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from devkit.simulators.zendesk.records.people import User
from devkit.simulators.zendesk.records.tickets import PRIORITIES, STATUSES, TYPES, Ticket
from devkit.simulators.zendesk.search.dates import fits
from devkit.simulators.zendesk.search.query import Query, Term, groups, has_words, words_of
from devkit.simulators.zendesk.world import World

_RANKS: Final = {"status": STATUSES, "priority": (None, *PRIORITIES), "ticket_type": (None, *TYPES)}
_ROLES: Final[dict[str, Callable[[Ticket], list[Any]]]] = {
    "assignee": lambda one: [one.assignee_id],
    "requester": lambda one: [one.requester_id],
    "submitter": lambda one: [one.submitter_id],
    "commenter": lambda one: [comment.author_id for comment in one.comments],
    "cc": lambda one: one.email_cc_ids,
}
_TEXTS: Final[dict[str, Callable[[Ticket], list[str]]]] = {
    "subject": lambda one: [one.subject],
    "description": lambda one: [one.description],
    "comment": lambda one: [comment.body for comment in one.comments],
}
_OTHERS: Final[dict[str, Callable[[Ticket, str], bool]]] = {
    "type": lambda one, value: value in ("ticket", one.type),
    "tags": lambda one, value: not one.tags if value == "none" else set(value.split()) <= set(one.tags),
    "via": lambda one, value: value == one.via.get("channel"),
    "external_id": lambda one, value: (one.external_id or "none").casefold() == value,
    "has_attachment": lambda one, value: any(each.attachments for each in one.comments) == (value == "true"),
}
"""Unknown properties find no ticket."""
_DATES: Final[dict[str, Callable[[Ticket], datetime | None]]] = {
    "created": lambda one: one.created_at,
    "updated": lambda one: one.updated_at,
    "solved": lambda one: one.solved_at,
}


class TicketFinder:
    """Finds tickets as they are in the search index.

    Args:
        user: whom ``me`` means.
    """

    def __init__(self, world: World, user: User) -> None:
        self._world = world
        self._user = user
        self._zone = user.iana_time_zone

    def find(self, query: Query) -> list[Ticket]:
        """The tickets of a query, the best first: most matches, then newest."""
        by_key = groups(query.terms)
        words = [term for term in query.terms if term.key is None]
        found: list[tuple[int, Ticket]] = []
        for ticket in self._world.indexed():
            if ticket.deleted or not all(self._fits(ticket, terms) for terms in by_key.values()):
                continue
            text = _words(ticket)
            if all(self._has(ticket, text, term) != term.negated for term in words):
                score = sum(text.count(word) for term in words for word in words_of(term.value))
                found.append((score, ticket))
        found.sort(key=lambda one: (one[0], one[1].created_at, one[1].id), reverse=True)
        return [ticket for _, ticket in found]

    def _has(self, ticket: Ticket, text: list[str], term: Term) -> bool:
        if term.value.isdecimal() and int(term.value) == ticket.id:
            return True
        return has_words(text, term.value, is_phrase=term.is_phrase)

    def _fits(self, ticket: Ticket, terms: list[Term]) -> bool:
        """Whether a ticket fits the terms of one property."""
        equal = [term for term in terms if term.operator == ":" and not term.negated]
        if equal and not any(self._matches(ticket, term) for term in equal):
            return False
        return all(self._matches(ticket, term) != term.negated for term in terms if term not in equal)

    def _matches(self, ticket: Ticket, term: Term) -> bool:
        key, value = str(term.key), term.value
        folded = value.casefold()
        if key in _DATES:
            return fits(_DATES[key](ticket), term.operator, value, self._world.now(), self._zone)
        if key in _ROLES:
            return self._is_user(_ROLES[key](ticket), value)
        if key in _RANKS:
            return _compared(getattr(ticket, key.removeprefix("ticket_")), term, _RANKS[key])
        if key.startswith("custom_field_"):
            held = ticket.custom_fields.get(int(key.rpartition("_")[2] or 0) if key[13:].isdecimal() else 0)
            return _is_value(held, folded)
        if key == "group":
            return self._is_group(ticket.group_id, folded)
        if key in _TEXTS:
            return any(has_words(words_of(text), value, is_phrase=term.is_phrase) for text in _TEXTS[key](ticket))
        return key in _OTHERS and _OTHERS[key](ticket, folded)

    def _is_user(self, ids: list[int | None], value: str) -> bool:
        folded = value.casefold()
        if folded == "none":
            return not any(ids)
        if folded == "me":
            return self._user.id in ids
        users = [user for identifier in ids if identifier and (user := self._world.users.get(identifier))]
        if value.isdecimal():
            return int(value) in ids
        if "@" in value:
            return any(user.email is not None and user.email.casefold() == folded for user in users)
        return any(has_words(words_of(user.name), value, is_phrase=False) for user in users)

    def _is_group(self, group_id: int | None, folded: str) -> bool:
        if folded == "none" or group_id is None:
            return folded == "none" and group_id is None
        if folded.isdecimal():
            return int(folded) == group_id
        return has_words(words_of(self._world.groups[group_id].name), folded, is_phrase=False)


def ordered(tickets: list[Ticket], sort_by: str | None, order: str | None) -> list[Ticket]:
    """The tickets in the order of a field; unchanged by relevance or for an unknown field."""
    keys: dict[str, Callable[[Ticket], Any]] = {
        "created": lambda one: one.created_at,
        "updated": lambda one: one.updated_at,
        **{name: _rank_of(name, ranks) for name, ranks in _RANKS.items()},
    }
    key = keys.get((sort_by or "").removesuffix("_at"))
    if key is None:
        return tickets
    return sorted(tickets, key=lambda one: (key(one), one.id), reverse=order != "asc")


def _rank_of(name: str, ranks: tuple[str | None, ...]) -> Callable[[Ticket], int]:
    return lambda one: ranks.index(getattr(one, name.removeprefix("ticket_")))


def _compared(held: str | None, term: Term, ranks: tuple[str | None, ...]) -> bool:
    """Whether a status, priority or type fits; ``status<solved`` compares by rank."""
    wanted = None if term.value.lower() == "none" else term.value.lower()
    if wanted not in ranks:
        return False
    left, right = ranks.index(held), ranks.index(wanted)
    match term.operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
    return left == right


def _is_value(held: Any, folded: str) -> bool:
    if held is None or folded == "none":
        return (held is None) == (folded == "none")
    if folded == "*":
        return True
    return folded in [str(one).casefold() for one in (held if isinstance(held, list) else [held])]


def _words(ticket: Ticket) -> list[str]:
    texts = [ticket.subject, *(comment.plain_body for comment in ticket.comments), *ticket.tags]
    return [word for text in texts for word in words_of(text)]
