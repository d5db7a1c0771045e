"""Filling the tables, table by table, a batch of tickets at a time."""

from collections.abc import Iterator
from itertools import islice

from servicekit.cli import Advance
from servicekit.sample_data.loading import Loader, load_tables
from servicekit.sample_data.plan import TENANTS
from ticketing_mcp.models.search import is_correctable, trigrams
from ticketing_mcp.sample_data.desk_setup import MACROS, POLICIES, QUEUES, STAFF
from ticketing_mcp.sample_data.people import Requester, requester, staff
from ticketing_mcp.sample_data.plan import Plan
from ticketing_mcp.sample_data.tickets import TicketRows, ticket

# In the order that references allow.
TABLES = (
    "tenants", "sla_policies", "queues", "macros", "users", "user_terms", "queue_members", "tickets", "comments",
    "events", "holds", "links", "vocabulary", "vocabulary_trigrams", "ticket_terms",
)  # fmt: skip
_BATCH = 10_000


def _ignore(_count: int) -> None:
    """Nobody watches."""


async def load_plan(
    owner_url: str, plan: Plan, *, replace: bool = False, advance: Advance = _ignore, batch: int = _BATCH
) -> bool:
    """Fill the database with `plan`; see `load_tables`.

    Args:
        owner_url: of the role that owns the tables.
        plan: what to generate.
        replace: remove whatever is there first.
        advance: called as the load goes on.
        batch: tickets per round of COPY; does not change the rows.
    """
    return await load_tables(
        owner_url, "ticketing", TABLES, lambda load: _load_everything(load, plan, advance, batch), replace=replace
    )


async def _load_everything(load: Loader, plan: Plan, advance: Advance, batch: int) -> None:
    for tenant, (identifier, name) in enumerate(TENANTS):
        await load.copy("tenants", [(identifier, name, plan.count_of(tenant) + 1, plan.start)])
        await _load_desk(load, plan, tenant)
    requesters = [await _load_requesters(load, plan, tenant) for tenant in range(len(TENANTS))]
    words = VocabularyBuilder()
    tickets = _generate_tickets(plan, requesters)
    while rows := list(islice(tickets, batch)):
        await load.copy("tickets", [row.ticket for row in rows])
        await load.copy("comments", [comment for row in rows for comment in row.comments])
        await load.copy("events", [event for row in rows for event in row.events])
        await load.copy("holds", [hold for row in rows for hold in row.holds])
        await load.copy("links", [link for row in rows for link in row.links])
        await load.copy("ticket_terms", [term for row in rows for term in words.of(row)])
        advance(len(rows))
    await load.copy("vocabulary", ((tenant, term, number) for (tenant, term), number in words.numbers.items()))
    await load.copy("vocabulary_trigrams", words.trigrams())
    await load.execute(
        "SELECT setval(pg_get_serial_sequence('ticketing.vocabulary', 'id'), coalesce(max(id), 1)) "
        "FROM ticketing.vocabulary"
    )


class VocabularyBuilder:
    """The vocabularies of the tenants as they grow."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {}

    def of(self, rows: TicketRows) -> Iterator[tuple[str, int, int, int, bool]]:
        """The rows of a ticket's words."""
        tenant, number = rows.ticket[:2]
        numbers = self.numbers
        for term, (weight, in_comments) in rows.terms.items():
            yield tenant, number, numbers.setdefault((tenant, term), len(numbers) + 1), weight, in_comments

    def trigrams(self) -> Iterator[tuple[str, str, int]]:
        """The rows of all words' trigrams."""
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
    await load.copy("macros", [(tenant_id, *macro) for macro in MACROS])
    people = staff(tenant, plan)
    await load.copy("users", [row for row, _ in people])
    await load.copy("user_terms", [term for _, terms in people for term in terms])
    members = [(tenant_id, queue_id, identifier) for identifier, _, queues in STAFF for queue_id in queues]
    await load.copy("queue_members", members)


async def _load_requesters(load: Loader, plan: Plan, tenant: int) -> list[Requester]:
    tickets = (requester(plan, tenant, index) for index in range(plan.requesters_of(tenant)))
    found: list[Requester] = []
    while batch := list(islice(tickets, _BATCH)):
        found.extend(one for one, _, _ in batch)
        await load.copy("users", [row for _, row, _ in batch])
        await load.copy("user_terms", [term for _, _, terms in batch for term in terms])
    return found
