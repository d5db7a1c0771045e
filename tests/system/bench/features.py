"""What each feature costs: our server with one feature switched off at a time. Only settings differ."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

from .client import Step
from .eras import CALLS
from .measure import Plan, everyone, measure
from .messages import call
from .ours import FEATURES
from .report import Report, Table
from .world import OURS, Server, World

_TELEMETRY: Final = ("traces", "metrics", "logs")


def measure_features(world: World, plan: Plan, report: Report) -> None:
    """The CPU of a call with each feature off, and the difference."""
    variants: dict[str, dict[str, Any]] = {
        OURS: {},
        **{f"without {name}": {"off": [name]} for name in FEATURES},
        "without all telemetry": {"off": _TELEMETRY},
        "without any of them": {"off": list(FEATURES)},
        "every trace recorded": {"sample_ratio": 1.0},
    }
    tool, arguments, answer = CALLS[0]

    def users(server: Server) -> list[Iterator[Step]]:
        step = call(tool, arguments, answer, port=server.port, era="2026-07-28", token=server.token)
        return everyone(step, plan)

    with ExitStack() as stack:
        servers = [stack.enter_context(world.ours(label, **options)) for label, options in variants.items()]
        found = measure(servers, users, plan)
    whole = found[OURS].cpu
    rows = [
        [label, f"{one.cpu:.0f}", "" if label == OURS else f"{one.cpu - whole:+.0f}", f"{one.cpu / whole - 1:+.0%}"]
        for label, one in found.items()
    ]
    notes = (
        f"`{tool}`, 2026-07-28. Without the store, limits count per process; without logs, errors are logged.",
        "Authentication, strict arguments and tenants cannot be switched off.",
    )
    report.add(Table("Cost by feature", notes, ["variant", "CPU µs/call", "difference", "share"], rows))
