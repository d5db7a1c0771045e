"""`make bench`: tool calls over Streamable HTTP, ours with everything on against its peers with nothing on."""

import argparse
import os
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version

from devkit.loopback.ports import free_port

from .measure import Plan, everyone, figures, measure, one_burst
from .messages import ERAS, call
from .processes import module, pin_this_process, running
from .profiler import FORGET, show_profile
from .world import Server, World, world

CALLS = (("add", {"a": 20117, "b": 30126}, "50243"), ("get_account", {"account_id": "a77"}, "77000"))


def python_peer(stack: ExitStack, made: World, name: str, label: str) -> Server:
    port = free_port()
    pid = stack.enter_context(running(module("peers.python", name), port, {"port": port, "owner": made.owner}))
    return Server(label, port, pid)


def profile(made: World, plan: Plan) -> None:
    for tool, arguments, answer in CALLS:
        for era in ERAS:
            path = made.folder / f"{tool}-{era}.json"
            with made.ours(profile=str(path)) as server:
                step = call(tool, arguments, answer, port=server.port, era=era, token=server.token)
                users = lambda _, step=step: everyone(step, plan)
                measure([server], users, replace(plan, rounds=0))
                os.kill(server.process_id, FORGET)
                found = {server.label: figures([one_burst(server, users, plan.seconds)])}
            print(f"\n=== {tool}, {era}")
            show_profile(path, found[server.label].cpu / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each burst")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--profile", action="store_true")
    how = parser.parse_args()
    plan = Plan(how.connections, how.rounds, how.seconds)
    pin_this_process()
    with world() as made, ExitStack() as stack:
        if how.profile:
            profile(made, plan)
            return
        servers = [
            stack.enter_context(made.ours()),
            python_peer(stack, made, "mcpserver", f"MCPServer {version('mcp')}"),
            python_peer(stack, made, "fastmcp", f"FastMCP {version('fastmcp')}"),
            python_peer(stack, made, "floor", "uvicorn, no protocol"),
        ]
        for tool, arguments, answer in CALLS:
            for era in ERAS:
                these = servers if tool == "add" else servers[:-1]
                found = measure(
                    these,
                    lambda server: everyone(
                        call(tool, arguments, answer, port=server.port, era=era, token=server.token), plan
                    ),
                    plan,
                )
                print(
                    f"\n{tool}, {era}\n  {'':<22}{'calls/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}  ours: CPU, calls"
                )
                ours = found[servers[0].label]
                for label, one in found.items():
                    print(
                        f"  {label:<22}{one.rate:>9.0f}{one.p50:>9.2f}{one.p99:>9.2f}{one.cpu:>9.0f}"
                        f"  {one.cpu / ours.cpu:.2f} x, {ours.rate / one.rate:.2f} x"
                    )


if __name__ == "__main__":
    main()
