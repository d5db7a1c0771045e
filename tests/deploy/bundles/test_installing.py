"""What `make bundle` and `uv build` make, installed in an empty environment and used by the official client."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from devkit.bundles.build import Published, build_bundle
from devkit.release.checkout import Checkout
from devkit.release.uv import run_uv, uv_program
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.workspace.services import find
from tests.fixtures.npm import NotInstalled, install, node

pytestmark = pytest.mark.slow
TOOLS = WORKSPACE / ".tools" / "bundles"
UV = uv_program(DevkitSettings())


@pytest.fixture(scope="module")
def bundle() -> Path:
    """The bundle of the weather server, which needs no database."""
    settings = DevkitSettings()
    return build_bundle(settings, find(settings.workspace, "weather"), Published())[0]


@pytest.fixture(scope="module")
def unpacked(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle as an application installs it."""
    folder = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


async def tools(command: str, *arguments: str) -> set[str]:
    """The tools that a server offers a client that starts it like this."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("UV_", "SSL_"))}
    async with Client(
        stdio_client(StdioServerParameters(command=command, args=list(arguments), env=environment))
    ) as client:
        return {tool.name for tool in (await client.list_tools()).tools}


async def test_an_application_can_run_the_bundle(unpacked: Path) -> None:
    found = await tools(UV, "run", "--quiet", "--directory", str(unpacked), "src/server.py", "--scopes=weather:read")
    assert "get_forecast" in found


def test_the_same_commit_gives_the_same_bundle(bundle: Path) -> None:
    first = bundle.read_bytes()
    settings = DevkitSettings()
    again = build_bundle(settings, find(settings.workspace, "weather"), Published())[0]
    assert again == bundle
    assert again.read_bytes() == first


def test_the_vendors_program_accepts_the_bundle(unpacked: Path) -> None:
    try:
        install(Path(__file__).parent, TOOLS, "the MCPB program")
        program = node(str(TOOLS / "node_modules" / "@anthropic-ai" / "mcpb" / "dist" / "cli" / "cli.js"))
    except NotInstalled as problem:
        pytest.skip(str(problem))
    done = subprocess.run(
        [*program, "validate", str(unpacked / "manifest.json")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    published = TOOLS / "node_modules" / "@anthropic-ai" / "mcpb" / "schemas" / "mcpb-manifest-v0.4.schema.json"
    ours = (
        WORKSPACE / "packages" / "devkit" / "src" / "devkit" / "bundles" / "schemas" / "mcpb-manifest-0.4.schema.json"
    )
    assert ours.read_text().split() == published.read_text().split()


@pytest.fixture
def wheels(tmp_path: Path) -> list[str]:
    """Wheels of the weather server and of the kit."""
    settings = DevkitSettings()
    for package in ("mcp-fleet-weather", "mcp-fleet-servicekit"):
        build = ("build", "--quiet", "--wheel", "--package", package, "--out-dir", str(tmp_path))
        run_uv(settings, Checkout(WORKSPACE), *build)
    return [str(next(tmp_path.glob(f"mcp_fleet_{name}-*.whl"))) for name in ("weather", "servicekit")]


async def test_uvx_runs_a_wheel(wheels: list[str]) -> None:
    server, kit = wheels
    uvx = ("tool", "run", "--quiet", "--from", server, "--with", kit)
    found = await tools(UV, *uvx, "weather-mcp", "stdio", "--scopes", "weather:read", "--read-only")
    assert "get_forecast" in found
