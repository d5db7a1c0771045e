"""Configurations of clients on this machine, and the table of optional tools."""

import json
import re
from pathlib import Path

import pytest

from devkit.client.connecting import connect
from devkit.client.installed import Machine
from devkit.doctor.connected_clients import check_clients
from devkit.doctor.optional_tools import TOOLS, check_tools
from devkit.loopback.ports import free_port
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.workspace.services import discover

SKIP = re.compile(r"""(?:skip\(|reason=)f?"(\w[\w. ]*?) is missing""")


@pytest.fixture
def computer(tmp_path: Path) -> Machine:
    (tmp_path / ".cursor").mkdir()
    (tmp_path / ".codex").mkdir()
    return Machine("linux", tmp_path, {"PATH": ""})


def test_entries_of_clients_are_found(computer: Machine, tmp_path: Path) -> None:
    servers = {one.name: one.resource for one in discover(WORKSPACE)}
    connect(computer, tmp_path / "records", servers, "codex")
    findings = check_clients(DevkitSettings(), computer, running=False)
    assert {(one.level, one.check, one.remedy) for one in findings} == {("ok", "codex", None)}
    assert len(findings) == len(servers)
    assert "orders in" in findings[0].message
    assert findings[0].message.endswith("config.toml points to a server of this folder, which make up starts")


def test_entry_of_a_server_that_is_gone(computer: Machine, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/mcp"
    file = tmp_path / ".cursor" / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"old": {"url": url}, "far": {"url": "https://example.com/mcp"}}}))
    (finding,) = check_clients(DevkitSettings(), computer, running=True)
    assert (finding.level, finding.check) == ("warning", "cursor")
    assert finding.message == f"old in {file} points to {url}, where no server runs."
    assert finding.remedy == "make disconnect CLIENT=cursor # or delete old from that file"


def test_damaged_configuration(computer: Machine, tmp_path: Path) -> None:
    (tmp_path / ".cursor" / "mcp.json").write_text("{")
    (finding,) = check_clients(DevkitSettings(), computer, running=True)
    assert (finding.level, finding.check) == ("warning", "cursor")


def test_missing_tools_name_tests_and_command(tmp_path: Path) -> None:
    findings = check_tools(WORKSPACE, {"PATH": str(tmp_path)})
    assert [one.check for one in findings] == [tool.name for tool in TOOLS]
    assert {one.level for one in findings} == {"ok"}
    (tmp_path / "podman").write_text("")
    (tmp_path / "podman").chmod(0o755)
    (podman,) = (one for one in check_tools(WORKSPACE, {"PATH": str(tmp_path)}) if one.check == "podman")
    assert re.fullmatch(rf"optional: {tmp_path}/podman, for up to [1-9]\d* tests", podman.message)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_tests_of_each_tool_exist(tool) -> None:
    assert tool.files(WORKSPACE)


def test_every_program_that_tests_skip_on_is_listed() -> None:
    names = {
        name.lower()
        for path in (WORKSPACE / "tests").rglob("*.py")
        if path.name != "test_skipped_summary.py"
        for name in SKIP.findall(path.read_text(encoding="utf-8"))
    }
    packages = {"npm", "uv", "google-api-python-client"}  # of package managers and of dependency groups
    assert names - packages <= {tool.name for tool in TOOLS}
    assert {"chromium", "promtool", "podman", "openssl", "git"} <= names
