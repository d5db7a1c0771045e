"""The same two tools on every server, in both revisions of the protocol."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

from .client import Step, WrongAnswer
from .measure import Plan, everyone, measure, one_burst
from .messages import ERAS, call
from .peers.running import PEERS, started
from .report import Report, bars, comparison
from .world import OURS, Server, World

CALLS: Final[tuple[tuple[str, dict[str, Any], str], ...]] = (
    ("add", {"a": 20117, "b": 30126}, "50243"),
    ("get_account", {"account_id": "a77"}, "77000"),
)
"""Tool, arguments, and part of the answer."""
_PROBE: Final = 0.05  # seconds


def measure_eras(world: World, plan: Plan, report: Report) -> None:
    """Every tool in every era, on every server that has the tool and speaks the revision."""
    with ExitStack() as stack:
        servers = [stack.enter_context(world.ours()), *started(stack, world, PEERS)]
        for tool, arguments, answer in CALLS:
            for era in ERAS:

                def users(server: Server) -> list[Iterator[Step]]:
                    step = call(tool, arguments, answer, port=server.port, era=era, token=server.token)  # noqa: B023
                    return everyone(step, plan)

                able = [server for server in servers if tool in server.tools]
                speaking = [server for server in able if server.ours or _speaks(server, users)]
                found = measure(speaking, users, plan)
                silent = [server.label for server in able if server not in speaking]
                report.add(comparison(f"`{tool}`, {era}", found, OURS, silent=silent))
                report.bars[f"{tool}, {era}"] = bars(found, OURS)


def _speaks(server: Server, users: Any) -> bool:
    try:
        one_burst(server, lambda server: users(server)[:1], _PROBE)
    except WrongAnswer:
        return False
    return True
