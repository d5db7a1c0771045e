"""`make bench`: calls over Streamable HTTP, ours with everything on against peers with nothing on."""

import argparse
from dataclasses import replace
from typing import Final

from .audited import measure_audited
from .eras import measure_eras
from .features import measure_features
from .growth import measure_growth
from .measure import Plan
from .page import machine, what_is_on, write_page
from .processes import pin_this_process
from .profile_calls import profile
from .report import Report
from .sessions import USERS, measure_sessions
from .startup import measure_start
from .world import World, world

PARTS: Final = ("eras", "v2", "features", "growth", "start", "audit")
_PARTS_PER_LIST: Final = ","


def main() -> None:
    """Start everything, measure, and print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", default=_PARTS_PER_LIST.join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each burst")
    parser.add_argument("--rounds", type=int, default=3, help="of bursts, the servers in turn")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--callers", type=int, default=10_000, help="the most distinct callers of the part growth")
    parser.add_argument("--profile", action="store_true", help="show where the CPU of a call goes, and nothing else")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    parts = options.only.split(_PARTS_PER_LIST)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"--only: {', '.join(sorted(unknown))} is no part; choose from {', '.join(PARTS)}")
    if options.write and parts != list(PARTS):
        parser.error("--write needs every part")
    plan = Plan(options.connections, options.rounds, options.seconds)
    how = (
        f"{plan.connections} connections ({USERS} in the sessions), {plan.rounds} bursts of {plan.seconds:g} s each, "
        "the servers in turn; medians"
    )
    print("\n".join([*machine(), how, what_is_on()]))
    pin_this_process()
    with world() as made:
        if options.profile:
            profile(made, plan, parts)
            return
        report = run(made, plan, parts, options.callers)
        if options.write:
            write_page(report, made.versions, how)


def run(made: World, plan: Plan, parts: list[str], callers: int) -> Report:
    """The chosen parts, in the order of `PARTS`."""
    report = Report()
    if "eras" in parts:
        measure_eras(made, plan, report)
    if "v2" in parts:
        measure_sessions(made, replace(plan, seconds=2 * plan.seconds), report)
    if "features" in parts:
        measure_features(made, plan, report)
    if "growth" in parts:
        measure_growth(made, plan, report, callers)
    if "start" in parts:
        measure_start(report)
    if "audit" in parts:
        measure_audited(plan, report)
    return report


if __name__ == "__main__":
    main()
