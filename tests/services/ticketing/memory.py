"""The desk in memory: the same ports as Postgres, in a few lines, so that rules can be tested without a store.

It is also the proof that the ports ask for nothing that only Postgres has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from servicekit.core.caller import current_caller, current_tenant, granted
from servicekit.schema.pagination import Position
from servicekit.storage.search_terms import person_terms
from ticketing_mcp.models.identifiers import number_of, ticket_id
from ticketing_mcp.models.macros import Macro
from ticketing_mcp.models.queues import Queue, QueueLoad, QueueState
from ticketing_mcp.models.search import (
    COUNT_LIMIT,
    EXACT,
    EXACT_PRIORITY,
    ID_MATCH_SCORE,
    IN_COMMENTS,
    MAX_COMPARED,
    PREFIX,
    RARE,
    TYPO,
    QueryWord,
    TermMatch,
    closest_words,
    comment_terms,
    fingerprint,
    is_correctable,
    likely_correction,
    required_matches,
    ticket_terms,
    words_of,
)
from ticketing_mcp.models.sla import SlaPolicy
from ticketing_mcp.models.ticket_updates import NewEvent, NewTicket, TicketUpdate
from ticketing_mcp.models.tickets import (
    INVERSE,
    Comment,
    Event,
    Hold,
    Link,
    LinkKind,
    Ticket,
    TicketSummary,
)
from ticketing_mcp.models.users import User, UserKind
from ticketing_mcp.ports import SearchResult, Similar, TicketFilter


@dataclass
class Tenant:
    """Everything of one organisation."""

    queues: list[Queue] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    policies: list[SlaPolicy] = field(default_factory=list)
    macros: list[Macro] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    comments: dict[int, list[Comment]] = field(default_factory=dict)
    events: dict[int, list[Event]] = field(default_factory=dict)
    links: list[tuple[int, LinkKind, int]] = field(default_factory=list)


class MemoryDesk:
    """The ports `Desk` and `TicketChanges`."""

    def __init__(self, tenants: dict[str, Tenant]) -> None:
        self._tenants = tenants

    @property
    def _own(self) -> Tenant:
        return self._tenants[current_tenant()]

    def _visible(self) -> list[Ticket]:
        queues = granted("queues")
        return [one for one in self._own.tickets.values() if queues is None or one.queue_id in queues]

    async def get(self, number: int) -> Ticket | None:
        found = next((one for one in self._visible() if number_of(one.id) == number), None)
        return found and found.model_copy(update={"links": self._links(number)})

    def _links(self, number: int) -> list[Link]:
        visible = {number_of(one.id) for one in self._visible()}
        own = [(kind, other) for one, kind, other in self._own.links if one == number]
        theirs = [(INVERSE[kind], one) for one, kind, other in self._own.links if other == number]
        merged = [
            ("merged_from", number_of(one.id))
            for one in self._own.tickets.values()
            if one.merged_into == ticket_id(number)
        ]
        links = sorted(own + theirs + merged)
        return [Link(kind=kind, ticket_id=ticket_id(other)) for kind, other in links if other in visible]

    async def comments(self, number: int, count: int, after: int) -> Sequence[Comment] | None:
        if await self.get(number) is None:
            return None
        return [one for one in self._own.comments.get(number, []) if one.sequence > after][:count]

    async def history(self, number: int, count: int, after: int) -> Sequence[Event] | None:
        if await self.get(number) is None:
            return None
        return [one for one in self._own.events[number] if one.sequence > after][:count]

    async def numbers(self, prefix: int | None, count: int) -> Sequence[int]:
        found = sorted((number_of(one.id) for one in self._visible()), reverse=True)
        return [one for one in found if str(one).startswith(str(prefix or ""))][:count]

    async def search(self, filters: TicketFilter, count: int, after: Position | None) -> SearchResult:
        kept = [one for one in self._visible() if _meets(one, filters)]
        corrected: list[int] = []
        widened: list[int] = []
        unknown: list[int] = []
        words: list[QueryWord] = []
        for place, word in enumerate(filters.query.words, 1):
            found = self._parse(word)
            if found.count:
                words.append(found)
            if not found.count:
                unknown.append(place)
            elif found.matches[0].factor == TYPO:
                corrected.append(place)
            elif found.matches[-1].factor == TYPO:
                widened.append(place)
        named = [_summary(one, ID_MATCH_SCORE) for one in kept if _is_named(one, filters)] if after is None else []
        if filters.query.words and not words:
            return SearchResult(named, corrected, widened, () if named else unknown)
        kept = [one for one in kept if not _is_named(one, filters)]
        needed = min(required_matches(len(filters.query.words)), len(words))
        ranked = []
        for one in kept:
            terms = self._terms(one)
            points = [
                max(terms.get(meaning.term, 0) * meaning.factor for meaning in word.matches) * word.rarity
                for word in words
            ]
            if sum(point > 0 for point in points) >= needed:
                ranked.append((sum(points), number_of(one.id), one))
        ranked.sort(key=lambda entry: entry[:2], reverse=True)
        if after:
            ranked = [entry for entry in ranked if entry[:2] < (after[0], after[1])]
        tickets = [_summary(one, score if words else None) for score, _, one in ranked[:count]]
        return SearchResult([*named, *tickets][:count], corrected, widened, unknown)

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> Sequence[Similar]:
        vocabulary = self._vocabulary()
        asked = list(dict.fromkeys(words_of(text)))[:MAX_COMPARED]
        known = [QueryWord(word, (TermMatch(word, EXACT),), vocabulary[word]) for word in asked if word in vocabulary]
        compared = fingerprint(asked, known, 0 if other_than is None else 1)
        words = compared.words
        found = []
        for one in self._visible():
            shared = [word.rarity for word in words if word.word in self._terms(one)]
            recent = since is None or one.created_at >= since
            enough = len(shared) >= min(2, len(words)) and sum(shared) >= compared.least
            if shared and enough and recent and number_of(one.id) != other_than:
                found.append((sum(shared), number_of(one.id), one))
        found.sort(key=lambda entry: entry[:2], reverse=True)
        return [Similar(_summary(one, score), compared.similarity(score)) for score, _, one in found[:count]]

    def _terms(self, one: Ticket) -> dict[str, int]:
        own = ticket_terms(one.title, one.body, one.requester_name, one.requester_email)
        comments = self._own.comments.get(number_of(one.id), [])
        said = (word for comment in comments for word in comment_terms(comment.body))
        return {**dict.fromkeys(said, IN_COMMENTS), **own}

    def _vocabulary(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one in self._own.tickets.values():
            for term in self._terms(one):
                counts[term] = min(COUNT_LIMIT + 1, counts.get(term, 0) + 1)
        seen = {term for one in self._visible() for term in self._terms(one)}
        return {term: count for term, count in counts.items() if count > COUNT_LIMIT or term in seen}

    def _parse(self, word: str) -> QueryWord:
        counts = self._vocabulary()
        begins = word.startswith if len(word) < 3 or "@" in word else None
        alike = [term for term in counts if (term == word if begins else term.startswith(word))]
        chosen = sorted(sorted(alike)[:100], key=lambda term: (len(term), term))[:6]
        factor = PREFIX
        if not chosen and is_correctable(word):
            chosen, factor = closest_words(word, counts), TYPO
        matches = tuple(TermMatch(term, EXACT if term == word else factor) for term in chosen)
        count = sum(counts[term] for term in chosen)
        if (
            0 < count <= RARE
            and factor != TYPO
            and is_correctable(word)
            and (more := likely_correction(word, count, counts))
        ):
            own = tuple(TermMatch(one.term, EXACT_PRIORITY * one.factor) for one in matches)
            matches = (*own, *(TermMatch(term, TYPO) for term in more))
            count += sum(counts[term] for term in more)
        return QueryWord(word, matches, min(COUNT_LIMIT + 1, count))

    async def queues(self) -> Sequence[Queue]:
        allowed = granted("queues")
        return [one for one in self._own.queues if allowed is None or one.id in allowed]

    async def queue(self, queue_id: str) -> QueueState | None:
        found = next((one for one in await self.queues() if one.id == queue_id), None)
        if found is None:
            return None
        waiting = [one for one in self._visible() if one.queue_id == queue_id and one.status != "closed"]
        load = QueueLoad(
            open=sum(one.status == "open" for one in waiting),
            pending=sum(one.status == "pending" for one in waiting),
            on_hold=sum(one.status == "on-hold" for one in waiting),
            unassigned=sum(one.assignee_id is None for one in waiting),
        )
        return QueueState(**found.model_dump(), members=sorted(self._own.members[queue_id]), load=load)

    async def policies(self) -> Sequence[SlaPolicy]:
        return self._own.policies

    async def macros(self) -> Sequence[Macro]:
        return self._own.macros

    async def users(
        self, words: Sequence[str], kind: UserKind | None, count: int, after: Position | None
    ) -> Sequence[User]:
        found = [
            one
            for _, one in sorted(self._own.users.items())
            if (kind is None or one.kind == kind)
            and (after is None or one.id > after[0])
            and all(any(term.startswith(word) for term in person_terms(one.name, one.email)) for word in words)
        ]
        return found[:count]

    async def lock(self, number: int) -> Ticket | None:
        return await self.get(number)

    async def create(self, new: NewTicket) -> Ticket:
        own, email = self._own, new.requester_email.lower()
        requester = next((one for one in own.users.values() if one.email == email), None)
        if requester is None:
            identifier = f"r{len(own.users)}"
            requester = User(id=identifier, kind="requester", email=email, name=new.requester_name, queues=[])
            own.users[identifier] = requester
        number, now = max(own.tickets, default=0) + 1, datetime.now(UTC)
        own.tickets[number] = Ticket(
            id=ticket_id(number), title=new.title, body=new.body, status="open", priority=new.priority,
            queue_id=new.queue_id, requester_id=requester.id, requester_email=requester.email,
            requester_name=requester.name, version=1, created_at=now, updated_at=now, comment_count=0, holds=[],
            links=[],
        )  # fmt: skip
        self._insert_events(number, now, [NewEvent("created")])
        return own.tickets[number]

    async def apply(self, ticket: Ticket, change: TicketUpdate) -> Ticket:
        own, number, now = self._own, number_of(ticket.id), datetime.now(UTC)
        if own.tickets[number].version != ticket.version:
            raise LookupError(f"ticket {ticket.id} was changed without its lock")
        values: dict[str, Any] = {
            name: getattr(change, name)
            for name in ("title", "status", "priority", "queue_id", "assignee_id", "resolution", "merged_into")
        }
        comments = own.comments.setdefault(number, [])
        if change.comment is not None:
            comments.append(
                Comment(
                    sequence=len(comments) + 1,
                    kind=change.comment.kind,
                    author_id=current_caller().subject,
                    body=change.comment.body,
                    at=now,
                )
            )
            if change.comment.kind == "public_reply" and ticket.first_replied_at is None:
                values["first_replied_at"] = now
        values["closed_at"] = (ticket.closed_at or now) if change.status == "closed" else None
        values |= {"holds": _holds(ticket, change, now), "comment_count": len(comments)}
        values |= {"version": ticket.version + 1, "updated_at": now}
        own.tickets[number] = ticket.model_copy(update=values)
        self._insert_events(number, now, change.events)
        changed = await self.get(number)
        assert changed is not None
        return changed

    async def link(self, ticket: Ticket, other: Ticket, kind: LinkKind) -> None:
        self._own.links.append((number_of(ticket.id), kind, number_of(other.id)))

    def _insert_events(self, number: int, now: datetime, events: Sequence[NewEvent]) -> None:
        history = self._own.events.setdefault(number, [])
        for event in events:
            history.append(
                Event(
                    sequence=len(history) + 1,
                    at=now,
                    kind=event.kind,
                    actor=event.actor,
                    actor_id=current_caller().subject,
                    detail=event.detail,
                )
            )


def _meets(one: Ticket, filters: TicketFilter) -> bool:
    return (
        (bool(filters.query.words) or filters.query.number in (None, number_of(one.id)))
        and filters.status in (None, one.status)
        and filters.priority in (None, one.priority)
        and filters.queue_id in (None, one.queue_id)
        and filters.assignee_id in (None, one.assignee_id)
    )


def _is_named(one: Ticket, filters: TicketFilter) -> bool:
    """Whether digits that may be words as well are the number of this ticket."""
    return bool(filters.query.words) and filters.query.number == number_of(one.id)


def _summary(one: Ticket, score: int | None) -> TicketSummary:
    return TicketSummary(
        **{name: getattr(one, name) for name in TicketSummary.model_fields if name != "score"}, score=score
    )


def _holds(ticket: Ticket, change: TicketUpdate, now: datetime) -> list[Hold]:
    holds = list(ticket.holds)
    if change.status == ticket.status:
        return holds
    if change.status == "on-hold":
        holds.append(Hold(started_at=now))
    elif ticket.status == "on-hold":
        holds[-1] = Hold(started_at=holds[-1].started_at, ended_at=now)
    elif ticket.closed_at is not None:
        holds.append(Hold(started_at=ticket.closed_at, ended_at=now))
    return holds
