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

_DOMAINS = ("example.com", "example.net", "example.org", "mail.example.com")  # RFC 2606: nobody receives mail there


class Requester(NamedTuple):
    """What the tickets of a requester need to know about them."""

    id: str
    email: str
    name: str
    people: People


def language_of(people: People) -> str:
    """What tells the languages of people apart."""
    return people.form + people.given[0][0]


def staff(tenant: int, plan: Plan) -> list[tuple[Row, list[Row]]]:
    """The staff of a tenant, as rows, each with the rows of the terms they are found by."""
    tenant_id = TENANTS[tenant][0]
    return [
        _person(tenant_id, identifier, "staff", f"{identifier}@{tenant_id}.example", name, plan)
        for identifier, name, _ in STAFF
    ]


def requester(plan: Plan, tenant: int, index: int) -> tuple[Requester, Row, list[Row]]:
    """The requester of that index within the tenant, as a row, and the rows of the terms they are found by."""
    draws = Draws(plan.seed, f"requester-{tenant}", index)
    # Six in ten write English, and the others share the rest.
    people = TOPICS[0].people if draws.chance(600) else draws.pick(TOPICS).people
    given, given_spelling = draws.pick(people.given)
    family, family_spelling = draws.pick(people.family)
    name = people.form.format(given=given, family=family)
    # The index makes the address unique, whoever shares the name.
    email = f"{given_spelling}.{family_spelling}{index + 1}@{draws.pick(_DOMAINS)}"
    identifier = str(draws.identifier(int(plan.start.timestamp() * 1000)))
    row, terms = _person(TENANTS[tenant][0], identifier, "requester", email, name, plan)
    return Requester(identifier, email, name, people), row, terms


def _person(tenant_id: str, identifier: str, kind: str, email: str, name: str, plan: Plan) -> tuple[Row, list[Row]]:
    row = (tenant_id, identifier, kind, email, name, plan.start)
    return row, [(tenant_id, term, identifier) for term in sorted(person_terms(name, email))]
