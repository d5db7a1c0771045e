"""Custom fields of two queues, and values for their tickets."""

from datetime import timedelta

from pydantic_core import to_json

from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row
from ticketing_mcp.models.custom_fields import CustomField, Value
from ticketing_mcp.sample_data.plan import Plan
from ticketing_mcp.sample_data.vocabulary import PROGRAMS

CUSTOM_FIELDS = {
    "billing": (
        CustomField(name="invoice_number", type="text", meaning="as printed on the invoice", most=20),
        CustomField(name="amount", type="number", meaning="disputed amount, in the currency of the invoice", least=0),
        CustomField(name="payment_method", type="choice", meaning="how it was paid", choices=("card", "transfer")),
        CustomField(name="chargeback", type="boolean", meaning="the customer asked the bank for the money back"),
    ),
    "operations": (
        CustomField(
            name="severity",
            type="choice",
            meaning="sev-1: all work has stopped; sev-3: an inconvenience",
            choices=("sev-1", "sev-2", "sev-3"),
            required=True,
        ),
        CustomField(name="products", type="multi_choice", meaning="what is affected", choices=PROGRAMS[:6]),
        CustomField(name="began_on", type="date", meaning="first day of the problem"),
        CustomField(name="users_affected", type="integer", meaning="an estimate", least=1, most=1_000_000),
    ),
}


def field_values(plan: Plan, index: int, key: tuple[str, int], queue_id: str) -> list[Row]:
    """Rows of the values of one ticket."""
    draws = Draws(plan.seed, "fields", index)
    if queue_id not in CUSTOM_FIELDS or draws.chance(400):
        return []
    day = (plan.moment_of(index, 0) - timedelta(days=draws.below(5))).date()
    given: dict[str, Value] = {
        "invoice_number": f"INV-{draws.between(10_000, 99_999)}",
        "amount": draws.between(500, 50_000) / 100,
        "payment_method": draws.pick(("card", "transfer")),
        "severity": draws.pick(("sev-1", "sev-2", "sev-3")),
        "products": [draws.pick(PROGRAMS[:6])],
        "began_on": day.isoformat(),
        "users_affected": draws.between(1, 400),
    }
    types = {field.name: field.type for field in CUSTOM_FIELDS[queue_id]}
    return [
        (*key, name, types[name], to_json(value).decode(), "requester" if name == "invoice_number" else "staff")
        for name, value in given.items()
        if name in types
    ]
