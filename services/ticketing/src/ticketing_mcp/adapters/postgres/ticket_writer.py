"""Locks, creates and updates tickets, in the transaction of the call."""

from collections.abc import Sequence
from datetime import datetime

from servicekit.core import current_caller, current_tenant
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import person_terms
from ticketing_mcp.adapters.postgres.attachments import write_attachments
from ticketing_mcp.adapters.postgres.custom_fields import write_values
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.adapters.postgres.tags import write_tags
from ticketing_mcp.adapters.postgres.term_index import TermIndex
from ticketing_mcp.adapters.postgres.ticket_queries import TicketQueries
from ticketing_mcp.models.due_times import DueTimes, TicketTimes, due_times, moves_clock, parse_policy, times_after
from ticketing_mcp.models.identifiers import number_of, ticket_id
from ticketing_mcp.models.merging import MergeRules, giving_back, merging, require_unmergeable, taking_in, unmerging
from ticketing_mcp.models.ticket_updates import NewComment, NewEvent, NewTicket, TicketUpdate
from ticketing_mcp.models.tickets import LinkKind, Ticket
from ticketing_mcp.models.words import comment_terms, ticket_terms
from ticketing_mcp.ports.writing import Announcer

LOCK = """
SELECT number FROM ticketing.tickets
WHERE number = $1 AND ($2::text[] IS NULL OR queue_id = ANY ($2)) FOR UPDATE
"""
LOCK_ALL = """
SELECT number FROM ticketing.tickets
WHERE number = ANY ($1::integer[]) AND ($2::text[] IS NULL OR queue_id = ANY ($2)) ORDER BY number FOR UPDATE
"""

_POLICY = """
SELECT p.definition FROM ticketing.queues AS q
JOIN ticketing.sla_policies AS p ON p.tenant_id = q.tenant_id AND p.id = q.sla_policy_id
WHERE q.id = $1
"""
POLICY_NOW = f"SELECT clock_timestamp() AS at, ({_POLICY}) AS policy"
# The update locks the tenant's row until the transaction ends, so ticket numbers are unique and without gaps.
NEXT_NUMBER = f"""
UPDATE ticketing.tenants SET next_ticket_number = next_ticket_number + 1 WHERE id = current_setting('app.tenant')
RETURNING next_ticket_number - 1 AS number, clock_timestamp() AS at, ({_POLICY}) AS policy
"""
REQUESTER = "SELECT id, name FROM ticketing.users WHERE email = $1"
INSERT_REQUESTER = """
INSERT INTO ticketing.users (tenant_id, id, kind, email, name, created_at)
VALUES (current_setting('app.tenant'), ticketing.uuidv7()::text, 'requester', $1, $2, clock_timestamp())
ON CONFLICT (tenant_id, email) DO NOTHING
RETURNING id
"""
INSERT_REQUESTER_TERMS = """
INSERT INTO ticketing.user_terms (tenant_id, term, user_id)
SELECT current_setting('app.tenant'), w.term, $1 FROM unnest($2::text[]) AS w (term)
"""
INSERT_TICKET = """
INSERT INTO ticketing.tickets (
    tenant_id, number, title, body, status, priority, queue_id, requester_id, created_at, updated_at,
    reply_due_at, resolution_due_at, cc)
VALUES (current_setting('app.tenant'), $1, $2, $3, 'open', $4, $5, $6, $7, $7, $8, $9, $10)
"""

# The version check catches callers that forgot the lock and would overwrite a concurrent update.
UPDATE_TICKET = """
UPDATE ticketing.tickets AS t
SET title = $3, status = $4, priority = $5, queue_id = $6, assignee_id = $7, resolution = $8, merged_into = $9,
    merged_at = CASE WHEN $9::integer IS NOT NULL THEN coalesce(t.merged_at, at.now) END,
    status_before_merge = CASE WHEN $9::integer IS NOT NULL THEN coalesce(t.status_before_merge, t.status) END,
    first_replied_at = CASE WHEN $10 THEN coalesce(t.first_replied_at, at.now) ELSE t.first_replied_at END,
    closed_at = CASE WHEN $4 = 'closed' THEN coalesce(t.closed_at, at.now) END,
    updated_at = at.now, version = t.version + 1,
    reply_due_at = CASE WHEN $11::timestamptz IS NULL THEN t.reply_due_at ELSE $12 END,
    resolution_due_at = CASE WHEN $11::timestamptz IS NULL THEN t.resolution_due_at ELSE $13 END,
    cc = $14
FROM (SELECT coalesce($11::timestamptz, clock_timestamp()) AS now) AS at
WHERE t.number = $1 AND t.version = $2
RETURNING t.updated_at
"""
INSERT_COMMENT = """
INSERT INTO ticketing.comments (tenant_id, number, sequence, kind, author_id, body, at, sent_to)
SELECT current_setting('app.tenant'), $1, (
    SELECT coalesce(max(c.sequence), 0) + 1 FROM ticketing.comments AS c WHERE c.number = $1), $2, $3, $4, $5, $6
RETURNING sequence
"""
INSERT_MENTIONS = """
INSERT INTO ticketing.mentions (tenant_id, number, sequence, user_id)
SELECT current_setting('app.tenant'), $1, $2, m.user_id FROM unnest($3::text[]) AS m (user_id)
"""
INSERT_EVENTS = """
INSERT INTO ticketing.events (tenant_id, number, sequence, at, kind, actor, actor_id, detail, resolution)
SELECT current_setting('app.tenant'), $1, (
        SELECT coalesce(max(o.sequence), 0) FROM ticketing.events AS o WHERE o.number = $1) + e.place,
    $2, e.kind, e.actor, $3, e.detail, e.resolution
FROM unnest($4::text[], $5::text[], $6::text[], $7::text[])
    WITH ORDINALITY AS e (kind, actor, detail, resolution, place)
"""
INSERT_HOLD = """
INSERT INTO ticketing.holds (tenant_id, number, started_at, ended_at)
VALUES (current_setting('app.tenant'), $1, $2, $3)
"""
# A hold that ended with a merge runs on if the merge is undone.
RESUME_HOLD = "UPDATE ticketing.holds SET ended_at = NULL WHERE number = $1 AND ended_at = $2"
END_HOLD = "UPDATE ticketing.holds SET ended_at = $2 WHERE number = $1 AND ended_at IS NULL"
INSERT_LINK = """
INSERT INTO ticketing.links (tenant_id, number, kind, other_number)
VALUES (current_setting('app.tenant'), $1, $2, $3)
"""
NOW = "SELECT clock_timestamp()"


class PostgresTicketWriter:
    """`TicketWriter` on Postgres. Announces every changed ticket to `announcer` after the commit.

    Args:
        attachment_quota: bytes of all attachments of one tenant.
    """

    merge_rules = MergeRules(can_undo=True, can_answer=True)

    def __init__(
        self, database: Database, announcer: Announcer, attachment_quota: int = 10 * 1024 * 1024 * 1024
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._attachment_quota = attachment_quota
        self._reader = TicketQueries(database)
        self._terms = TermIndex(database)

    async def lock(self, number: int) -> Ticket | None:
        if await self._database.fetchval(LOCK, number, await granted_queues(self._database)) is None:
            return None
        # A separate statement: its snapshot starts after the lock, so it sees what the previous holder committed.
        return await self._reader.get(number)

    async def lock_all(self, numbers: Sequence[int]) -> list[Ticket]:
        locked = await self._database.fetch(LOCK_ALL, list(numbers), await granted_queues(self._database))
        return await self._reader.get_all([row[0] for row in locked])

    async def create(self, new: NewTicket) -> Ticket:
        requester_id, requester_name = await self._find_or_create_requester(new)
        ((number, at, policy),) = await self._database.fetch(NEXT_NUMBER, new.queue_id)
        due = due_times(TicketTimes(new.priority, at), parse_policy(policy))
        await self._database.fetch(
            INSERT_TICKET,
            number,
            new.title,
            new.body,
            new.priority,
            new.queue_id,
            requester_id,
            at,
            due.reply,
            due.resolution,
            new.cc,
        )
        await self._terms.write(number, ticket_terms(new.title, new.body, requester_name, new.requester_email))
        await write_tags(self._database, number, new.tags, ())
        await write_values(self._database, number, new.custom_fields)
        await self._insert_events(number, at, (NewEvent("created"), *(NewEvent("tag_added", tag) for tag in new.tags)))
        return await self._reload(number)

    async def apply(self, ticket: Ticket, update: TicketUpdate) -> Ticket:
        await self._write(ticket, update)
        return await self._reload(number_of(ticket.id))

    async def apply_all(self, updates: Sequence[tuple[Ticket, TicketUpdate]]) -> list[Ticket]:
        for ticket, update in updates:
            await self._write(ticket, update)
        changed = {
            ticket.id: ticket for ticket in await self._reader.get_all([number_of(one.id) for one, _ in updates])
        }
        return [changed[ticket.id] for ticket, _ in updates]

    async def _write(self, ticket: Ticket, update: TicketUpdate) -> None:
        """Write the update.

        Raises:
            LookupError: the ticket changed since it was read, because the caller did not lock it.
        """
        number = number_of(ticket.id)
        moved, due = await self._due_times(ticket, update)
        at = await self._database.fetchval(
            UPDATE_TICKET,
            number,
            ticket.version,
            update.title,
            update.status,
            update.priority,
            update.queue_id,
            update.assignee_id,
            update.resolution,
            None if update.merged_into is None else number_of(update.merged_into),
            update.comment is not None and update.comment.kind == "public_reply",
            moved,
            due.reply,
            due.resolution,
            update.cc,
        )
        if at is None:
            raise LookupError(f"ticket {ticket.id} was updated without its lock")
        await self._update_holds(ticket, update, at)
        if update.comment is not None:
            await self._insert_comment(number, at, update.comment)
        if update.title != ticket.title:
            terms = ticket_terms(update.title, ticket.body, ticket.requester_name, ticket.requester_email)
            await self._terms.write(number, terms, replace=True)
        await write_tags(self._database, number, update.add_tags, update.remove_tags)
        await write_values(self._database, number, update.custom_fields)
        await self._insert_events(number, at, update.events)

    async def merge(self, tickets: Sequence[Ticket], into: Ticket) -> tuple[list[Ticket], Ticket]:
        updates = [(ticket, merging(ticket, into)) for ticket in tickets]
        *merged, target = await self.apply_all([*updates, (into, taking_in(into, tickets))])
        return merged, target

    async def unmerge(self, tickets: Sequence[Ticket], targets: Sequence[Ticket]) -> list[Ticket]:
        require_unmergeable(tickets, await self._database.fetchval(NOW))
        restored = {ticket.id: ticket for ticket in await self.apply_all([(one, unmerging(one)) for one in tickets])}
        into = [restored.get(target.id, target) for target in targets]
        freed = [[one for one in tickets if one.merged_into == target.id] for target in into]
        updates = [(one, giving_back(one, from_it)) for one, from_it in zip(into, freed, strict=True)]
        restored |= {ticket.id: ticket for ticket in await self.apply_all(updates)}
        return [restored[ticket.id] for ticket in tickets]

    async def link(self, ticket: Ticket, other: Ticket, kind: LinkKind) -> None:
        await self._database.fetch(INSERT_LINK, number_of(ticket.id), kind, number_of(other.id))

    async def _find_or_create_requester(self, new: NewTicket) -> tuple[str, str]:
        email = new.requester_email.lower()
        new_id = await self._database.fetchval(INSERT_REQUESTER, email, new.requester_name)
        if new_id is not None:
            await self._database.fetch(INSERT_REQUESTER_TERMS, new_id, sorted(person_terms(new.requester_name, email)))
        row = await self._database.fetchrow(REQUESTER, email)
        if row is None:
            raise LookupError("the requester is missing after it was written")
        return row["id"], row["name"]

    async def _due_times(self, ticket: Ticket, update: TicketUpdate) -> tuple[datetime | None, DueTimes]:
        """The time of an update that changes the due times, and these; no time for an update that keeps them."""
        if not moves_clock(ticket, update):
            return None, DueTimes()
        ((at, policy),) = await self._database.fetch(POLICY_NOW, update.queue_id)
        return at, due_times(times_after(ticket, update, at), parse_policy(policy))

    async def _update_holds(self, ticket: Ticket, update: TicketUpdate, at: datetime) -> None:
        """Service-level clocks stop while a ticket is on hold and between closing and reopening.

        A merge that is undone did not stop them: its requester went on waiting.
        """
        number = number_of(ticket.id)
        if update.status == ticket.status:
            return
        if ticket.merged_into is not None:
            if update.status == "on-hold":
                await self._database.fetch(RESUME_HOLD, number, ticket.merged_at)
            return
        if update.status == "on-hold":
            await self._database.fetch(INSERT_HOLD, number, at, None)
        elif ticket.status == "on-hold":
            await self._database.fetch(END_HOLD, number, at)
        elif ticket.status == "closed":
            await self._database.fetch(INSERT_HOLD, number, ticket.closed_at, at)

    async def _insert_comment(self, number: int, at: datetime, comment: NewComment) -> None:
        author = current_caller().subject
        sent_to = comment.sent_to or None
        sequence = await self._database.fetchval(
            INSERT_COMMENT, number, comment.kind, author, comment.body, at, sent_to
        )
        if comment.mentions:
            await self._database.fetch(INSERT_MENTIONS, number, sequence, comment.mentions)
        await write_attachments(self._database, number, sequence, at, comment.attachments, self._attachment_quota)
        await self._terms.add(number, comment_terms(comment.body))

    async def _insert_events(self, number: int, at: datetime, events: Sequence[NewEvent]) -> None:
        columns = zip(*((event.kind, event.actor, event.detail, event.resolution) for event in events), strict=True)
        await self._database.fetch(INSERT_EVENTS, number, at, current_caller().subject, *map(list, columns))
        tenant, uri = current_tenant(), f"ticket://{ticket_id(number)}"
        await self._database.after_commit(lambda: self._announcer.announce(tenant, uri))

    async def _reload(self, number: int) -> Ticket:
        ticket = await self._reader.get(number)
        if ticket is None:
            raise LookupError(f"ticket {number} is missing after it was written")
        return ticket
