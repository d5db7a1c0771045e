"""Where the processor time of a call goes, for each tool and revision."""

import os
from collections.abc import Iterator
from dataclasses import replace

from .client import Step
from .eras import CALLS
from .measure import Plan, everyone, figures, measure, one_burst
from .messages import ERAS, call
from .profiler import FORGET, show_profile
from .world import Server, World


def profile_calls(world: World, plan: Plan) -> None:
    """Profile our server with each call."""
    for tool, arguments, answer in CALLS:
        for era in ERAS:

            def users(server: Server) -> list[Iterator[Step]]:
                step = call(tool, arguments, answer, port=server.port, era=era, token=server.token)  # noqa: B023
                return everyone(step, plan)

            path = world.folder / f"{tool}-{era}.json"
            with world.ours(profile=str(path)) as server:
                measure([server], users, replace(plan, rounds=0))
                os.kill(server.process_id, FORGET)
                found = figures([one_burst(server, users, plan.seconds * plan.rounds)])
            print(f"\n=== {tool}, {era}")
            show_profile(path, found.cpu / 1e6)
