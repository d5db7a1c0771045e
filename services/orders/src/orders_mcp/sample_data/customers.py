"""Customers with local names and addresses."""

from datetime import timedelta
from typing import NamedTuple

from asyncpg.pgproto.pgproto import UUID

from orders_mcp.models.search_terms import customer_terms
from orders_mcp.sample_data.plan import Plan
from orders_mcp.sample_data.price_lists import WHOLESALE
from orders_mcp.sample_data.vocabulary import PLACES, Place
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row
from servicekit.sample_data.plan import TENANTS

IDN_DOMAIN = "xn--bcher-kva.example"  # bücher.example
_IDN_SHARE = 10  # per mille
_WHOLESALE_SHARE = 40  # per mille of the customers who pay in euros


class CustomerSeed(NamedTuple):
    """The part of a customer that their orders need."""

    id: UUID
    address: str
    place: Place


def customer(plan: Plan, tenant: int, index: int) -> tuple[CustomerSeed, Row, list[Row]]:
    """A customer, their row, and the rows of their search terms."""
    draws = Draws(plan.seed, f"customer-{tenant}", index)
    place = draws.pick(PLACES)
    name, email = place.people.person(draws, index)
    if Draws(plan.seed, f"mail-domain-{tenant}", index).chance(_IDN_SHARE):
        email = f"{email.partition('@')[0]}@{IDN_DOMAIN}"
    address = place.form.format(
        name=name,
        street=draws.pick(place.streets),
        house=draws.between(1, 199),
        postcode=f"{draws.between(10_000, 99_999)}",
        city=place.city,
        country=place.country,
    )
    since = plan.start - timedelta(minutes=draws.between(1, 2 * 365 * 24 * 60))  # before all orders
    identifier = draws.identifier(int(since.timestamp() * 1000))
    tenant_id = TENANTS[tenant][0]
    phone = place.phone(draws) if draws.chance(850) else None
    company = place.company(draws) if draws.chance(120) else None
    wholesale = Draws(plan.seed, f"price-list-{tenant}", index).chance(_WHOLESALE_SHARE)
    own_list = WHOLESALE if wholesale and place.currency == "EUR" else None
    row = (tenant_id, identifier, email, name, address, place.region, since, 1, phone, company, own_list)
    terms = [(tenant_id, term, identifier) for term in sorted(customer_terms(name, email, phone, company, address))]
    return CustomerSeed(identifier, address, place), row, terms
