"""What the contract suite needs to know about the weather server."""

from mcp.client import Client

from tests.contract.named_values import NEW, Examples, Names
from tests.fixtures.calls import call

NAMED: dict[str, Names | None] = {
    "location": Names(),
    "locations": Names(),
    "label": Names(),
    "save_location.label": NEW,
    "period": NEW,
    "save_units.units": NEW,
    "first_day": NEW,
}
"""Arguments that take an identifier."""
OTHERS: dict[str, Examples] = {
    "get_historical_weather": {"first_day": "2020-01-01", "last_day": "2020-01-02"},
}
"""Arguments of tools whose generated ones are refused for another reason."""
NOT_STORED = {"save_location.location"}
"""Arguments with text that is looked up, not stored."""


async def examples(client: Client) -> Examples:
    """Right values of the arguments that take an identifier."""
    await call(client, "save_location", label="cabin", location="Oslo")
    return {"location": "Lisbon", "locations": "Lisbon", "label": "cabin", "hours_needed": 2}
