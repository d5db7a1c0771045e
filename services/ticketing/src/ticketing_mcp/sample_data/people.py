"""Staff and requesters."""

from typing import NamedTuple

from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row
from servicekit.sample_data.people import People
from servicekit.sample_data.plan import TENANTS
from servicekit.storage.search_terms import person_terms
from ticketing_mcp.sample_data.desk_setup import STAFF
from ticketing_mcp.sample_data.plan import Plan
from ticketing_mcp.sample_data.vocabulary import TOPICS


class Requester(NamedTuple):
    """The part of a requester that their tickets need."""

    id: str
    email: str
    name: str
    people: People


def language_of(people: People) -> str:
    """A key that is equal for people of one language."""
    return people.form + people.given[0][0]


def staff(tenant: int, plan: Plan) -> list[tuple[Row, list[Row]]]:
    """Rows of the staff of a tenant, each with the rows of its search terms."""
    tenant_id = TENANTS[tenant][0]
    return [
        _person(tenant_id, identifier, "staff", f"{identifier}@{tenant_id}.example", name, plan)
        for identifier, name, _ in STAFF
    ]


def requester(plan: Plan, tenant: int, index: int) -> tuple[Requester, Row, list[Row]]:
    """A requester, their row, and the rows of their search terms."""
    draws = Draws(plan.seed, f"requester-{tenant}", index)
    # At least six in ten write English.
    people = TOPICS[0].people if draws.chance(600) else draws.pick(TOPICS).people
    name, email = people.person(draws, index)
    identifier = str(draws.identifier(int(plan.start.timestamp() * 1000)))
    row, terms = _person(TENANTS[tenant][0], identifier, "requester", email, name, plan)
    return Requester(identifier, email, name, people), row, terms


def _person(tenant_id: str, identifier: str, kind: str, email: str, name: str, plan: Plan) -> tuple[Row, list[Row]]:
    row = (tenant_id, identifier, kind, email, name, plan.start)
    return row, [(tenant_id, term, identifier) for term in sorted(person_terms(name, email))]
