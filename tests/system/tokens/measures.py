"""What is counted, and the budget of each count."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from servicekit.registry.listing import tool_entry
from servicekit.registry.tools import ToolSpec

SERVERS: Final = ("orders", "ticketing", "github", "weather")
PER_TOOL: Final = 150
"""Tokens of a definition, on average over all tools of all servers."""
DEFAULT_LIST: Final = 5000
"""Tokens of the definitions that a server offers by default."""


@dataclass(frozen=True)
class Result:
    """A call whose result is counted.

    Attributes:
        words: what it is, for the page.
        budget: the most tokens of its text.
    """

    words: str
    server: str
    tool: str
    arguments: Mapping[str, object]
    budget: int


@dataclass(frozen=True)
class Server:
    """The tokens of one server's tools.

    Attributes:
        definitions: of each definition, in every toolset.
        default_list: of the definitions that are listed by default.
        output_schemas: of all output schemas.
    """

    name: str
    definitions: list[int]
    default_list: int
    output_schemas: int

    @property
    def average(self) -> int:
        """Tokens of a definition, on average."""
        return round(sum(self.definitions) / len(self.definitions))


RESULTS: Final = (
    Result(
        "Refund rates of 11 months by month",
        "orders",
        "refund_rate",
        {"from_day": "2025-07-01", "to_day": "2026-05-31", "group_by": "month"},
        5000,
    ),
    Result(
        "Sales of 27 days by day",
        "orders",
        "sales_summary",
        {"from_day": "2026-05-05", "to_day": "2026-05-31"},
        3300,
    ),
    Result("Hourly forecast of 24 hours", "weather", "get_hourly_forecast", {"location": "Lisbon"}, 2000),
    Result("50 tickets", "ticketing", "search_tickets", {"limit": 50}, 4600),
    Result(
        "The log of a failed job",
        "github",
        "get_job_logs",
        {"owner": "acme", "repo": "website", "run_id": 0},  # the number of a run of the simulator
        1200,
    ),
)


def definition(tool: ToolSpec) -> str:
    """A tool as clients put it into a prompt: name, description and input schema. Few pass the output schema on."""
    entry = tool_entry(tool)
    return _text({name: entry[name] for name in ("name", "description", "inputSchema")})


def output_schema(tool: ToolSpec) -> str:
    """The output schema of a tool."""
    return _text(tool.output.schema) if tool.output.schema is not None else ""


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
