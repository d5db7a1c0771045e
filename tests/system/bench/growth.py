"""How our server's cost grows: with its tools, with the number of callers, and with the size of a result."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle
from typing import Final

from .client import Burst, Step
from .eras import CALLS
from .measure import Plan, everyone, figures, measure, one_burst
from .messages import call, tools_list
from .processes import resident_bytes
from .report import Report, Table
from .world import Server, World

_ERA: Final = "2026-07-28"
_TOOLS: Final = (10, 100, 500)
_OWN_TOOLS: Final = 5  # three of the bench, and the kit's `bench_whoami` and `bench_list_my_actions`
_CALLERS: Final = (1, 100, 10_000)
_SIZES: Final = (1, 8, 64)  # KB
_RECORD: Final = 48  # bytes of JSON
_ENOUGH: Final = 600.0  # seconds; a burst that ends by itself
_TOKEN: Final = "TOKEN"


def measure_growth(world: World, plan: Plan, report: Report, callers: int) -> None:
    """All three.

    Args:
        callers: the largest number of distinct callers.
    """
    _tools(world, plan, report)
    _callers(world, plan, report, sorted({*(one for one in _CALLERS if one < callers), callers}))
    _sizes(world, plan, report)


def _add(server: Server, token: str | None) -> Step:
    tool, arguments, answer = CALLS[0]
    return call(tool, arguments, answer, port=server.port, era=_ERA, token=token)


def _tools(world: World, plan: Plan, report: Report) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(world.ours(str(count), more_tools=count - _OWN_TOOLS)) for count in _TOOLS]
        calls = measure(servers, lambda server: everyone(_add(server, server.token), plan), plan)
        lists = measure(
            servers,
            lambda server: everyone(tools_list("get_account", port=server.port, era=_ERA, token=server.token), plan),
            plan,
        )
    rows = [[label, f"{one.cpu:.0f}", f"{lists[label].cpu:.0f}"] for label, one in calls.items()]
    report.add(Table("Growth with tools", (), ["tools", "CPU µs/call of `add`", "CPU µs/`tools/list`"], rows))


def _callers(world: World, plan: Plan, report: Report, counts: list[int]) -> None:
    rows = []
    for count in counts:
        with world.ours() as server:
            before = resident_bytes(server.process_id)
            tokens = [world.token(server.port, f"caller-{number}").encode() for number in range(count)]
            first = _steps(server, tokens)
            entering = one_burst(server, lambda _: [first] * plan.connections, _ENOUGH)  # noqa: B023
            again = _steps(server, cycle(tokens))
            later = one_burst(server, lambda _: [again] * plan.connections, plan.seconds * plan.rounds)  # noqa: B023
            grown = (resident_bytes(server.process_id) - before) / 1e6
        rows.append([f"{count}", _cpu(entering), f"{figures([later]).cpu:.0f}", f"{grown:+.0f}"])
    header = ["callers", "CPU µs/first call", "CPU µs/later call", "memory MB"]
    notes = ("Each caller is a subject with an OAuth access token of its own; `add`, all callers in turn.",)
    report.add(Table("Growth with callers", notes, header, rows))


def _steps(server: Server, tokens: Iterable[bytes]) -> Iterator[Step]:
    """One call for each token. Made when it is sent: those of all callers would take much memory."""
    step = _add(server, _TOKEN)
    head, _, rest = step.request.partition(_TOKEN.encode())
    for token in tokens:
        yield step._replace(request=head + token + rest)


def _cpu(burst: Burst) -> str:
    """Too few calls for the resolution of the kernel's counter give no figure."""
    return f"{burst.cpu / len(burst.seconds) * 1e6:.0f}" if len(burst.seconds) >= 100 else "-"


def _sizes(world: World, plan: Plan, report: Report) -> None:
    rows = []
    with world.ours() as server:
        for size in _SIZES:
            count = size * 1024 // _RECORD
            answer = f"Owner {count - 1}"
            step = call("get_accounts", {"count": count}, answer, port=server.port, era=_ERA, token=server.token)
            found = measure([server], lambda _: everyone(step, plan), replace(plan, rounds=1))[server.label]  # noqa: B023
            rows.append([f"{size} KB", f"{count}", f"{found.cpu:.0f}", f"{found.rate:.0f}"])
    notes = ("A list of records, which the response has twice: as text and as structure. Sizes are of one.",)
    report.add(Table("Growth with the result", notes, ["size", "records", "CPU µs/call", "calls/s"], rows))
