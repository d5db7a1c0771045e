"""Starting the peers; each is left out, with the reason, where it cannot be had."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from importlib.metadata import version
from urllib.parse import urlsplit

import yaml

from devkit.loopback.ports import free_port
from tests.fixtures.npm import NotInstalled
from tests.system.bench.database import SCHEMA
from tests.system.bench.processes import DidNotStart, module, running
from tests.system.bench.world import Server, World

from .installed import HERE, TOOLBOX, node_server, npm_version, toolbox

Start = Callable[[World], AbstractContextManager[Server]]


@contextmanager
def python_server(world: World, name: str, label: str) -> Iterator[Server]:
    """A peer in Python."""
    port = free_port()
    with running(module("peers.python", name), port, {"port": port, "owner": world.owner}) as process_id:
        yield Server(label, port, process_id)


@contextmanager
def typescript(world: World) -> Iterator[Server]:
    """The TypeScript SDK."""
    port = free_port()
    command = node_server(HERE / "typescript.mjs")
    with running(command, port, {"port": port, "owner": world.owner}) as process_id:
        yield Server(f"TypeScript SDK {npm_version('@modelcontextprotocol/server')}", port, process_id)


@contextmanager
def mcp_toolbox(world: World) -> Iterator[Server]:
    """Google's MCP Toolbox on one core. It has tools on databases only, so no `add`."""
    port, url = free_port(), urlsplit(world.owner)
    source = {
        "kind": "source",
        "name": "accounts",
        "type": "postgres",
        "host": url.hostname,
        "port": url.port,
        "database": url.path[1:],
        "user": url.username,
        "password": url.password,
    }
    tool = {
        "kind": "tool",
        "name": "get_account",
        "type": "postgres-sql",
        "source": "accounts",
        "description": "Look up an account.",
        "statement": f"SELECT id, owner, balance FROM {SCHEMA}.accounts WHERE tenant_id = 'acme' AND id = $1",
        "parameters": [{"name": "account_id", "type": "string", "description": "Id of the account."}],
    }
    config = world.folder / "toolbox.yaml"
    config.write_text(yaml.safe_dump_all([source, tool]), encoding="utf-8")
    options = ["--disable-reload", "--disable-version-check", "--log-level", "ERROR"]
    command = [toolbox(), "--config", str(config), "--port", str(port), *options]
    with running(command, port, env={"GOMAXPROCS": "1"}) as process_id:
        label = f"MCP Toolbox {npm_version(TOOLBOX)}"
        yield Server(label, port, process_id, tools=frozenset({"get_account"}))


PEERS: Sequence[tuple[str, Start]] = (
    ("MCPServer", partial(python_server, name="mcpserver", label=f"MCPServer {version('mcp')}")),
    ("FastMCP", partial(python_server, name="fastmcp", label=f"FastMCP {version('fastmcp')}")),
    ("the TypeScript SDK", typescript),
    ("MCP Toolbox", mcp_toolbox),
    ("uvicorn", partial(python_server, name="floor", label="uvicorn, no protocol")),
)


def started(stack: ExitStack, world: World, peers: Sequence[tuple[str, Start]]) -> list[Server]:
    """The peers that could be started."""
    servers = []
    for name, start in peers:
        try:
            servers.append(stack.enter_context(start(world)))
        except (NotInstalled, DidNotStart) as error:
            print(f"Left out: {name}: {error}")
    return servers
