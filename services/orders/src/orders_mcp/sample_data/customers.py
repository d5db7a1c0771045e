"""Customers: a name as their place writes it, an e-mail made from it, an address."""

from datetime import datetime, timedelta
from typing import NamedTuple

from asyncpg.pgproto.pgproto import UUID

from orders_mcp.sample_data.plan import Plan
from orders_mcp.sample_data.vocabulary import PLACES, Place
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row
from servicekit.sample_data.plan import TENANTS
from servicekit.storage.search_terms import person_terms

_DOMAINS = ("example.com", "example.net", "example.org", "mail.example.com")  # RFC 2606: nobody receives mail there


class CustomerSeed(NamedTuple):
    """What the orders of a customer need to know about them."""

    id: UUID
    address: str
    place: Place


def customer(plan: Plan, tenant: int, index: int) -> tuple[CustomerSeed, Row, list[Row]]:
    """The customer of that index within the tenant, as a row, and the rows of the terms they are found by."""
    draws = Draws(plan.seed, f"customer-{tenant}", index)
    place = draws.pick(PLACES)
    given, given_spelling = draws.pick(place.people.given)
    family, family_spelling = draws.pick(place.people.family)
    name = place.people.form.format(given=given, family=family)
    # The index makes the address unique, whoever shares the name.
    email = f"{given_spelling}.{family_spelling}{index + 1}@{draws.pick(_DOMAINS)}"
    address = place.form.format(
        name=name,
        street=draws.pick(place.streets),
        house=draws.between(1, 199),
        postcode=f"{draws.between(10_000, 99_999)}",
        city=place.city,
        country=place.country,
    )
    since = _joined(plan, draws)
    identifier = draws.identifier(int(since.timestamp() * 1000))
    tenant_id = TENANTS[tenant][0]
    row = (tenant_id, identifier, email, name, address, place.region, since, 1)
    terms = [(tenant_id, term, identifier) for term in sorted(person_terms(name, email))]
    return CustomerSeed(identifier, address, place), row, terms


def _joined(plan: Plan, draws: Draws) -> datetime:
    """Before the first order, so that no customer is younger than what they bought."""
    return plan.start - timedelta(minutes=draws.between(1, 2 * 365 * 24 * 60))
