"""`check` of every server: all is well on the stack of these tests, the forms of its output, and its exit status."""

import json
import re
from pathlib import Path

import pytest

from devkit.simulators.registry import find_simulator
from devkit.workspace.composition import PLACEHOLDER, compose
from servicekit.preflight.catalogue import check_names

from .checking import check, invoke
from .conftest import DESCRIPTIONS, OWNERS, WITH_AUDIT_FILE, Running, own_settings
from .domains import variables

PASSWORD = "planted-password-7d1f"


def environment_of(running: Running) -> dict[str, str]:
    """The server's own environment, with an upstream that can be connected to."""
    simulator = running.description.simulator
    upstream = find_simulator(simulator).environment(running.issuer.url) if simulator is not None else {}
    prefix = running.description.prefix
    return running.environment | {f"{prefix}{name}": value for name, value in upstream.items()}


async def test_a_working_server_passes(running: Running) -> None:
    checked = await check(running.description.name, environment_of(running), "--pods", "2")
    assert (checked.failed(), checked.result.exit_code) == (set(), 0)
    assert {finding["check"] for finding in checked.findings.values()} <= check_names()
    parts = {name.partition(".")[0] for name in checked.findings}
    assert {"configuration", "files", "store", "issuer"} <= parts
    assert ({"reader", "writer", "database"} <= parts) == (running.description.name in OWNERS)
    assert ("upstream" in parts) == (running.description.simulator is not None)


async def test_lines_are_for_people(running: Running) -> None:
    finished = await invoke(running.description.name, environment_of(running), "check")
    *lines, summary = finished.stdout.splitlines()
    assert [line for line in lines if re.fullmatch(r"(ok|warn|unknown|FAIL) +\w+\.\w+: \S.+\.", line) is None] == []
    assert re.fullmatch(rf"{len(lines)} checks: \d+ ok, \d+ warned, \d+ unknown, 0 failed\.", summary)
    assert finished.stderr == ""


async def test_json_is_a_list_of_findings(running: Running) -> None:
    finished = await invoke(running.description.name, environment_of(running), "check", "--json")
    found = json.loads(finished.stdout)
    assert {tuple(finding) for finding in found} == {("check", "status", "detail", "remedy")}
    assert {finding["status"] for finding in found} <= {"ok", "warn", "unknown", "fail"}
    assert [finding for finding in found if (finding["status"] == "ok") != (finding["remedy"] == "")] == []


async def test_invalid_settings_end_with_status_2(running: Running) -> None:
    environment = {f"{running.description.prefix}PUBLIC_URL": "words"}
    finished = await invoke(running.description.name, environment, "check", "--json")
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert f"{running.description.prefix}PUBLIC_URL: write it as https://host/mcp" in finished.stderr


@pytest.mark.parametrize("name", DESCRIPTIONS)
async def test_stores_that_are_away_fail_without_a_secret(name: str, free_port: int) -> None:
    description = DESCRIPTIONS[name]
    database = f"postgresql://role:{PASSWORD}@127.0.0.1:{free_port}/database"
    settings = {
        "public_url": description.resource,
        "issuer": f"http://127.0.0.1:{free_port}",
        "redis_url": f"redis://user:{PASSWORD}@127.0.0.1:{free_port}/0",
        "otlp_endpoint": f"http://127.0.0.1:{free_port}",
        "state_keys": PASSWORD * 2,
        **({"reader_url": database, "writer_url": database, "replica_url": database} if name in OWNERS else {}),
    }
    if description.simulator is not None:
        upstream = find_simulator(description.simulator).environment(f"http://127.0.0.1:{free_port}")
        settings |= {name.lower(): value for name, value in upstream.items()}
    checked = await check(name, variables(description, settings))
    assert checked.result.exit_code == 1
    parts = {"store", *(["upstream"] if description.simulator else [])}
    parts |= {"reader", "writer", "replica"} if name in OWNERS else set()
    assert {f"{part}.connection" for part in parts} | {"issuer.metadata"} == checked.failed()
    for part in parts:
        words = "Nothing accepts connections" if part == "upstream" else "the server refuses connections"
        assert words in checked.said(f"{part}.connection")
    assert "Nothing accepts connections" in checked.said("telemetry.collector")
    if name in OWNERS:
        assert checked.status("database.connections") == "unknown"
    assert PASSWORD not in checked.result.output


@pytest.mark.parametrize("name", sorted(set(DESCRIPTIONS) - set(OWNERS)))
async def test_a_server_without_a_database_has_no_owner(name: str) -> None:
    description = DESCRIPTIONS[name]
    finished = await invoke(name, variables(description, {"public_url": description.resource}), "check", "--owner")
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert finished.stderr == "This server has no database, so there is no owner to check.\n"


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_every_server_names_what_a_full_store_would_lose(name: str, tmp_path: Path) -> None:
    description = DESCRIPTIONS[name]
    composed = compose(
        name,
        {
            **dict.fromkeys(("reader_url", "writer_url"), PLACEHOLDER),
            "public_url": description.resource,
            "redis_url": "redis://127.0.0.1:1",
            **own_settings(description, tmp_path),
        },
    )
    assert composed.store is not None
    kept = set(composed.store.memory.kept)
    assert "rate limits" in kept
    assert ({"idempotency keys", "confirmations"} <= kept) == (name in WITH_AUDIT_FILE)
