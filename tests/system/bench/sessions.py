"""The workload of the public "MCP server benchmark v2": short sessions of many users over Redis and an HTTP API.

https://www.tmdevlab.com/mcp-server-performance-benchmark-v2.html: each user initialises a session, calls a tool, and
begins again, for each of three tools; then lists the tools in a session of its own. No message has a version header.
As there, notifications are sent and not counted. Its pause of 50 ms after four sessions is left out.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.metadata import version
from itertools import cycle
from typing import Any, Final

from devkit.loopback.ports import free_port

from .client import Step
from .measure import Plan, measure
from .messages import http_post
from .peers.installed import HERE, node_server, npm_version, python_v1, python_v1_version
from .peers.running import Start, started
from .processes import module, running
from .report import Report, bars, comparison
from .shop.catalogue import seed
from .world import OURS, Server, World

USERS: Final = 50
_SHOP: Final = HERE.parent / "shop"
_INITIALIZE: Final = {
    "protocolVersion": "2024-11-05",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1.0"},
}
_ORDER: Final = [{"product_id": 42, "quantity": 2}, {"product_id": 1337, "quantity": 1}]


def measure_sessions(world: World, plan: Plan, report: Report) -> None:
    """Ours, the Python SDK's two lines and the Node SDK."""
    with ExitStack() as stack:
        api = stack.enter_context(shop_api(world))
        peers: list[tuple[str, Start]] = [
            ("the Python SDK 1.x", partial(_python, api=api, first_line=True)),
            ("the Python SDK", partial(_python, api=api, first_line=False)),
            ("the Node SDK", partial(_node, api=api)),
        ]
        ours = stack.enter_context(world.ours(program="shop.ours", api=api))
        found = measure([ours, *started(stack, world, peers)], partial(users_of, world), plan)
    notes = (
        f"{USERS} users, each in a loop: `initialize`, `notifications/initialized`, one `tools/call`, for each of",
        "three tools over Redis and an HTTP API (a simulator on loopback); then a session with `tools/list`.",
        "No `MCP-Protocol-Version` header. Notifications are sent and not counted, as in that benchmark.",
    )
    report.add(comparison("Sessions of the public benchmark", found, OURS, unit="request", notes=notes))
    report.bars["sessions of the public benchmark"] = bars(found, OURS)


@contextmanager
def shop_api(world: World) -> Iterator[str]:
    """The shop's data in the store, and its API; gives the API's URL."""
    seed(world.redis)
    port = free_port()
    with running(module("shop.api"), port, {"port": port}, server=False):
        yield f"http://127.0.0.1:{port}"


def users_of(world: World, server: Server) -> list[Iterator[Step]]:
    """What each user sends."""
    users: list[Iterator[Step]] = []
    for number in range(1, USERS + 1):
        user = f"user-{number:05d}"
        users.append(cycle(_loop(server.port, user, world.token(server.port, user) if server.ours else None)))
    return users


def _loop(port: int, user: str, token: str | None) -> list[Step]:
    """The messages of one user, from the first to the last."""
    calls: list[tuple[str, dict[str, Any], bytes]] = [
        ("search_products", {"category": "Electronics", "min_price": 50, "max_price": 500, "limit": 10}, b"2251"),
        ("get_user_cart", {"user_id": user}, b"recent_history"),
        ("checkout", {"user_id": user, "items": _ORDER}, b"confirmed"),
    ]
    steps = []
    for name, arguments, answer in calls:
        steps += [*_begin(port, token), _step(port, token, "tools/call", answer, name=name, arguments=arguments)]
    return [*steps, *_begin(port, token), _step(port, token, "tools/list", b"get_user_cart")]


def _begin(port: int, token: str | None) -> list[Step]:
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    return [
        _step(port, token, "initialize", b"serverInfo", **_INITIALIZE),
        Step(http_post(port, notification, {}, token), b"202", b"", counted=False),
    ]


def _step(port: int, token: str | None, method: str, answer: bytes, **params: Any) -> Step:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Step(http_post(port, message, {}, token), b"200", answer)


@contextmanager
def _python(world: World, api: str, *, first_line: bool) -> Iterator[Server]:
    if first_line:
        command, label = [python_v1(), str(_SHOP / "python_sdk.py")], python_v1_version()
    else:
        command, label = module("shop.python_sdk"), version("mcp")
    port = free_port()
    with running(command, port, {"port": port, "api": api, "redis": world.redis}) as process_id:
        yield Server(f"Python SDK {label}", port, process_id)


@contextmanager
def _node(world: World, api: str) -> Iterator[Server]:
    port = free_port()
    command = node_server(_SHOP / "node_sdk.mjs")
    with running(command, port, {"port": port, "api": api, "redis": world.redis}) as process_id:
        yield Server(f"Node SDK {npm_version('@modelcontextprotocol/sdk')}", port, process_id)
