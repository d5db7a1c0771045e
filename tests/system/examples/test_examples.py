"""`examples/`: each agent on two real servers, with a scripted model, and a user who says yes or no."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from devkit.release.uv import uv_program
from devkit.settings import WORKSPACE, DevkitSettings, inherited_environment
from tests.fixtures.programs.scripted_model import ScriptedModel
from tests.fixtures.served import client_of
from tests.system.clients.fleet import Fleet, fleet

pytestmark = pytest.mark.slow

EXAMPLES: Final = WORKSPACE / "examples"
MODELS: Final = {
    "langchain_agent": "anthropic:scripted",
    "openai_agent": "scripted",
    "pydantic_ai_agent": "anthropic:scripted",
    "claude_agent": "scripted",
}
SERVERS: Final = ("orders", "ticketing")
PATIENCE: Final = 300.0  # seconds; the first run installs the packages of the example


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet(tmp_path_factory.mktemp("fleet"), SERVERS) as made:
        yield made


@pytest.fixture(scope="module")
def model() -> ScriptedModel:
    return ScriptedModel()


def test_every_example_is_tried() -> None:
    assert {file.stem for file in EXAMPLES.glob("*.py")} == MODELS.keys()


async def status_of(running: Fleet, order: str) -> str:
    async with client_of(running.endpoints["orders"].removesuffix("/mcp"), running.token("orders")) as client:
        found: dict[str, Any] | None = (await client.call_tool("get_order", {"order_id": order})).structured_content
    assert found is not None
    return str(found["status"])


async def paid_order(running: Fleet) -> str:
    async with client_of(running.endpoints["orders"].removesuffix("/mcp"), running.token("orders")) as client:
        found = (await client.call_tool("search_orders", {"status": "paid", "limit": 1})).structured_content
    assert found is not None
    return str(found["items"][0]["number"])


def last(pattern: str, results: list[str]) -> str:
    """What the pattern finds in the last result of a tool."""
    found = re.search(pattern, results[-1])
    assert found, results[-1]
    return found[0]


def ran(example: str, running: Fleet, model: ScriptedModel, home: Path, answer: str) -> str:
    """What an example prints, run as its page says."""
    environment = {
        **inherited_environment(),
        "HOME": str(home),
        "UV_COMPILE_BYTECODE": "1",
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
        "MODEL": MODELS[example],
        "ANTHROPIC_BASE_URL": model.url,
        "ANTHROPIC_API_KEY": "scripted",
        "OPENAI_BASE_URL": f"{model.url}/v1",
        "OPENAI_API_KEY": "scripted",
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "ENABLE_TOOL_SEARCH": "false",  # the scripted model does not search for tools
        **{f"{name.upper()}_URL": url for name, url in running.endpoints.items()},
        **{f"{name.upper()}_TOKEN": running.token(name) for name in SERVERS},
    }
    uv = [uv_program(DevkitSettings()), "run", "--quiet", "--no-project", "--script", str(EXAMPLES / f"{example}.py")]
    done = subprocess.run(
        [*uv, "Cancel the paid order, unless a ticket says otherwise."],
        env=environment, cwd=home, input=answer, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize("example", MODELS)
async def test_an_agent_asks_before_it_confirms(
    running: Fleet, model: ScriptedModel, tmp_path: Path, example: str, answer: str
) -> None:
    order = await paid_order(running)
    model.follow(
        lambda _: ("get_order", {"order_id": order}),
        lambda results: ("search_tickets", {"query": last(r"\bORD-\d+", results), "limit": 3}),
        lambda _: (
            "cancel_order",
            {"order_id": order, "reason": "customer_request", "idempotency_key": f"{example}-{answer}-of-the-example"},
        ),
        lambda results: ("orders_confirm_action", {"code": last(r"O-[A-Z0-9]{4}-[A-Z0-9]{4}", results)}),
    )
    printed = ran(example, running, model, tmp_path, f"{answer}\n")
    assert {name.rpartition("__")[2] for name in model.tools} >= {"search_orders", "search_tickets"}
    assert f"cancels order {order}" in printed, printed
    assert "Do it? [yes/no]" in printed
    assert printed.rstrip().endswith("Done.")
    assert await status_of(running, order) == ("cancelled" if answer == "yes" else "paid")
