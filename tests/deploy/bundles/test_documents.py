"""Manifests of bundles, registry entries and the Claude Code plugin."""

import copy
import json
import shutil
import subprocess
from typing import Any

import pytest

from devkit.bundles.documents import mcpb_manifest, server_json
from devkit.bundles.validation import MANIFEST, SERVER, problems
from devkit.client.plugin import FOLDER
from devkit.settings import WORKSPACE
from devkit.workspace.services import ServiceDescription, discover

SERVICES = {service.name: service for service in discover(WORKSPACE)}
REPOSITORY = "https://github.com/example/fleet"
BUNDLE = ("https://github.com/example/fleet/releases/download/x/mcp-fleet-x.mcpb", "0" * 64)


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_manifest_fits_the_schema(service: ServiceDescription) -> None:
    manifest = mcpb_manifest(service, REPOSITORY)
    assert problems(manifest, MANIFEST) == []
    assert manifest["server"]["type"] == "uv"
    assert {"name", "description"} == set(manifest["tools"][0])
    assert f"{service.name}_whoami" in {tool["name"] for tool in manifest["tools"]}
    variables = manifest["server"]["mcp_config"]["env"]
    assert set(variables.values()) == {f"${{user_config.{name}}}" for name in manifest["user_config"]}
    # A variable of an option without a value reaches the server as it is written here.
    assert all("default" in option or option.get("required") for option in manifest["user_config"].values())


def test_a_bundle_reads_only_unless_its_user_wants_more() -> None:
    options = mcpb_manifest(SERVICES["orders"], None)["user_config"]
    assert options["read_only"]["default"] is True
    assert options["stdio_scopes"]["default"] == "orders:read"


def test_passwords_are_kept_by_the_application() -> None:
    options = mcpb_manifest(SERVICES["orders"], None)["user_config"]
    assert {name for name, option in options.items() if option.get("sensitive")} == {"reader_url", "writer_url"}
    assert mcpb_manifest(SERVICES["github"], None)["user_config"]["token"]["sensitive"] is True


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
@pytest.mark.parametrize("bundle", [BUNDLE, None])
@pytest.mark.parametrize("url", ["https://orders.example.com/mcp", None])
def test_every_registry_entry_fits_the_schema(
    service: ServiceDescription, bundle: tuple[str, str] | None, url: str | None
) -> None:
    entry = server_json(service, "io.github.example", bundle, url, REPOSITORY)
    assert problems(entry, SERVER) == []
    assert entry["name"] == f"io.github.example/{service.name}"
    assert entry["remotes"][0]["url"] == (url or "https://{host}/mcp")
    assert ("packages" in entry) == (bundle is not None)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "no-namespace"}, "name: 'no-namespace' does not match"),
        ({"description": "x" * 101}, "description: "),
        ({"version": 1}, "version: 1 is not of type 'string'"),
        ({"remotes": [{"type": "http", "url": "https://x.example/mcp"}]}, "remotes.0: "),
        ({"packages": [{"registryType": "mcpb"}]}, "packages.0: 'identifier' is a required property"),
    ],
)
def test_a_wrong_registry_entry_is_refused(change: dict[str, Any], problem: str) -> None:
    entry = server_json(SERVICES["orders"], "io.github.example", BUNDLE, None, None)
    assert any(line.startswith(problem) for line in problems(entry | change, SERVER))


def test_a_wrong_manifest_is_refused() -> None:
    manifest = copy.deepcopy(mcpb_manifest(SERVICES["orders"], None))
    manifest["server"]["type"] = "rust"
    manifest["bogus"] = True
    assert len(problems(manifest, MANIFEST)) == 2


def test_the_plugin_has_every_server_at_its_port() -> None:
    plugin = json.loads((WORKSPACE / FOLDER / ".mcp.json").read_text())["mcpServers"]
    assert {name: entry["url"] for name, entry in plugin.items()} == {
        name: f"${{{name.upper()}_MCP_URL:-http://127.0.0.1:{service.port}/mcp}}" for name, service in SERVICES.items()
    }
    marketplace = json.loads((WORKSPACE / ".claude-plugin" / "marketplace.json").read_text())
    assert marketplace["plugins"][0]["source"] == f"./{FOLDER.as_posix()}"
    committed = json.loads((WORKSPACE / ".mcp.json").read_text())["mcpServers"]
    assert {name: entry["url"] for name, entry in committed.items()} == {
        name: f"http://127.0.0.1:{service.port}/mcp" for name, service in SERVICES.items()
    }


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("claude") is None, reason="claude is missing: npm install --global @anthropic-ai/claude-code"
)
@pytest.mark.parametrize("folder", [WORKSPACE, WORKSPACE / FOLDER], ids=["marketplace", "plugin"])
def test_claude_code_accepts_the_plugin(folder: object) -> None:
    command = ["claude", "plugin", "validate", "--strict", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
