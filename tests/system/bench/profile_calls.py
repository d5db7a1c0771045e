"""Where the processor time of a call goes, for each tool and revision, and for the sessions."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from .client import Step
from .eras import CALLS
from .measure import Plan, Users, everyone, figures, measure, one_burst
from .messages import ERAS, call
from .profiler import FORGET, show_profile
from .sessions import shop_api, users_of
from .world import Server, World


def profile(world: World, plan: Plan, parts: Sequence[str]) -> None:
    """Profile our server: with each call for the part `eras`, with the sessions for the part `v2`."""
    if "eras" in parts:
        for tool, arguments, answer in CALLS:
            for era in ERAS:

                def users(server: Server) -> list[Iterator[Step]]:
                    step = call(tool, arguments, answer, port=server.port, era=era, token=server.token)  # noqa: B023
                    return everyone(step, plan)

                _profile(world, plan, f"{tool}, {era}", users)
    if "v2" in parts:
        with shop_api(world) as api:
            users_of_shop = partial(users_of, world)
            _profile(world, plan, "sessions of the public benchmark", users_of_shop, program="shop.ours", api=api)


def _profile(world: World, plan: Plan, title: str, users: Users, **options: Any) -> None:
    path = world.folder / "profile.json"
    with world.ours(profile=str(path), **options) as server:
        measure([server], users, replace(plan, rounds=0))
        os.kill(server.process_id, FORGET)
        found = figures([one_burst(server, users, plan.seconds * plan.rounds)])
    print(f"\n=== {title}")
    show_profile(path, found.cpu / 1e6)
