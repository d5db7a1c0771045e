"""Loads the sample data."""

from collections.abc import Iterator

from servicekit.sample_data.loading import Advance, Loader, SampleLoader, in_batches
from servicekit.sample_data.plan import TENANTS
from ticketing_mcp.models.search import is_correctable, trigrams
from ticketing_mcp.sample_data.custom_fields import CUSTOM_FIELDS
from ticketing_mcp.sample_data.desk_setup import MACROS, POLICIES, QUEUES, STAFF, TIME_ZONES
from ticketing_mcp.sample_data.people import Requester, requester, staff
from ticketing_mcp.sample_data.plan import Plan
from ticketing_mcp.sample_data.tickets import TicketRows, ticket

# In an order that references allow.
TABLES = (
    "tenants", "sla_policies", "queues", "macros", "users", "user_terms", "queue_members", "tickets", "comments",
    "mentions", "events", "holds", "links", "ticket_tags", "custom_fields", "field_values", "attachments",
    "attachment_contents", "vocabulary", "vocabulary_trigrams", "ticket_terms",
)  # fmt: skip

# Without due_at, which the database computes.
TICKET_COLUMNS = (
    "tenant_id", "number", "title", "body", "status", "priority", "queue_id", "assignee_id", "requester_id",
    "created_at", "updated_at", "first_replied_at", "closed_at", "resolution", "merged_into", "version",
    "reply_due_at", "resolution_due_at", "format", "cc", "merged_at", "status_before_merge",
)  # fmt: skip


async def _fill(load: Loader, plan: Plan, advance: Advance, batch: int) -> None:
    for tenant, (identifier, name) in enumerate(TENANTS):
        await load.copy("tenants", [(identifier, name, plan.count_of(tenant) + 1, plan.start, TIME_ZONES[tenant], 0)])
        await _load_desk(load, plan, tenant)
    requesters = [await _load_requesters(load, plan, tenant) for tenant in range(len(TENANTS))]
    words = VocabularyBuilder()
    for rows in in_batches(_generate_tickets(plan, requesters), batch):
        await load.copy("tickets", [row.ticket for row in rows], TICKET_COLUMNS)
        await load.copy("comments", [comment for row in rows for comment in row.comments])
        await load.copy("mentions", [mention for row in rows for mention in row.mentions])
        await load.copy("events", [event for row in rows for event in row.events])
        await load.copy("holds", [hold for row in rows for hold in row.holds])
        await load.copy("links", [link for row in rows for link in row.links])
        await load.copy("ticket_tags", [tag for row in rows for tag in row.tags])
        await load.copy("field_values", [value for row in rows for value in row.field_values])
        await load.copy("attachments", [file for row in rows for file in row.files.attachments])
        await load.copy("attachment_contents", [file for row in rows for file in row.files.contents])
        await load.copy("ticket_terms", [term for row in rows for term in words.of(row)])
        advance(len(rows))
    await load.copy("vocabulary", ((tenant, term, number) for (tenant, term), number in words.numbers.items()))
    await load.copy("vocabulary_trigrams", words.trigrams())
    await load.execute(
        "UPDATE ticketing.tenants AS t SET attachment_bytes = ("
        "SELECT coalesce(sum(a.size), 0) FROM ticketing.attachments AS a WHERE a.tenant_id = t.id)"
    )
    await load.execute(
        "SELECT setval(pg_get_serial_sequence('ticketing.vocabulary', 'id'), coalesce(max(id), 1)) "
        "FROM ticketing.vocabulary"
    )


class VocabularyBuilder:
    """Assigns ids to the words of each tenant."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {}

    def of(self, rows: TicketRows) -> Iterator[tuple[str, int, int, int, bool]]:
        """Index rows of a ticket."""
        tenant, number = rows.ticket[:2]
        numbers = self.numbers
        for term, (weight, in_comments) in rows.terms.items():
            yield tenant, number, numbers.setdefault((tenant, term), len(numbers) + 1), weight, in_comments

    def trigrams(self) -> Iterator[tuple[str, str, int]]:
        """Trigram rows of all words."""
        for (tenant, term), number in self.numbers.items():
            if is_correctable(term):
                for trigram in sorted(trigrams(term)):
                    yield tenant, trigram, number


def _generate_tickets(plan: Plan, requesters: list[list[Requester]]) -> Iterator[TicketRows]:
    for index in range(plan.size):
        tenant, _ = plan.tenant_of(index)
        yield ticket(plan, index, requesters[tenant])


async def _load_desk(load: Loader, plan: Plan, tenant: int) -> None:
    tenant_id = TENANTS[tenant][0]
    await load.copy("sla_policies", [(tenant_id, policy.id, policy.model_dump_json()) for policy in POLICIES])
    await load.copy(
        "queues",
        [(tenant_id, one.id, one.name, one.purpose, one.sla_policy_id, one.default_priority) for one in QUEUES],
    )
    fields = [
        (tenant_id, queue_id, field.name, position, field.model_dump_json(exclude_none=True))
        for queue_id, fields in CUSTOM_FIELDS.items()
        for position, field in enumerate(fields, 1)
    ]
    await load.copy("custom_fields", fields)
    await load.copy("macros", [(tenant_id, *macro) for macro in MACROS])
    people = staff(tenant, plan)
    await load.copy("users", [row for row, _ in people])
    await load.copy("user_terms", [term for _, terms in people for term in terms])
    members = [(tenant_id, queue_id, identifier) for identifier, _, queues in STAFF for queue_id in queues]
    await load.copy("queue_members", members)


async def _load_requesters(load: Loader, plan: Plan, tenant: int) -> list[Requester]:
    tickets = (requester(plan, tenant, index) for index in range(plan.requesters_of(tenant)))
    found: list[Requester] = []
    for batch in in_batches(tickets):
        found.extend(one for one, _, _ in batch)
        await load.copy("users", [row for _, row, _ in batch])
        await load.copy("user_terms", [term for _, _, terms in batch for term in terms])
    return found


load_plan = SampleLoader("ticketing", TABLES, _fill)
