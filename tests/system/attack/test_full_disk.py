"""No space for the audit trail: writes are refused in words, reads go on, and all is well once there is space.

A limit on the size of files stands in for the full disk: a write beyond it fails as on one, also in the middle of a
line. A full Postgres is not tried: it needs a file system of its own.
"""

import resource
import subprocess
from typing import Any
from uuid import uuid4

import pytest

from devkit.settings import WORKSPACE
from tests.system.load.wire import Wire, text_of

from .fleet import Fleet, Server, serve_logged
from .report import REPORT, Suite
from .writes import is_done

SPACE = 24_000
"""Bytes that a file may have: some 30 entries."""
MOST_WRITES = 400


def serve_without_space(log: str, name: str, settings: dict[str, Any]) -> None:
    """A service whose files cannot grow beyond `SPACE`; the limit can be raised from outside."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (SPACE, resource.RLIM_INFINITY))
    serve_logged(log, name, settings)


@pytest.fixture
def server(fleet: Fleet) -> Any:
    server = fleet.start("weather", serve_without_space, log_level="error")
    yield server
    server.victim.kill()


async def save(wire: Wire) -> dict[str, Any]:
    label = f"home-{uuid4().hex[:6]}"
    _, message = await wire.call(
        "save_location", {"label": label, "location": "Lisbon", "idempotency_key": str(uuid4())}
    )
    return {**message, "label": label}


async def saved_labels(wire: Wire) -> set[str]:
    _, message = await wire.call("list_saved_locations", {})
    return {one["label"] for one in message["result"]["structuredContent"]["saved"]}


async def attack(server: Server, suite: Suite) -> None:
    wire = server.wire(subject=f"saver-{uuid4().hex[:6]}")
    done, refused = set[str](), list[dict[str, Any]]()
    for _ in range(MOST_WRITES):
        message = await save(wire)
        suite.case()
        if is_done(message):
            done.add(message["label"])
        else:
            refused.append(message)
        if len(refused) == 10:
            break
    suite.check(len(done) > 3 and len(refused) == 10, "the disk did not fill", (len(done), len(refused)))
    for message in refused:
        text = text_of(message)
        suite.check("crash" not in text and "failed on this call" not in text, "a full disk is a crash", text)
        suite.check("audit" in text and "Nothing was changed" in text, "a full disk is not explained", text)
    known = await saved_labels(wire)
    suite.check(known >= done, "a write was lost", done - known)
    suite.check(known <= done, "a refused write took effect", known - done)
    for tool, arguments in (
        ("get_current_weather", {"location": "Lisbon"}),
        ("weather_whoami", {}),
        ("get_alerts", {"location": "Berlin"}),
    ):
        for _ in range(10):
            _, message = await wire.call(tool, arguments)
            suite.check(is_done(message), f"{tool} does not go on", text_of(message))
    no_limit = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(server.victim.process_id, resource.RLIMIT_FSIZE, no_limit)
    for _ in range(5):
        message = await save(wire)
        suite.check(is_done(message), "no write after there was space again", text_of(message))
    wire.cut()
    suite.notes.append(f"{len(done)} writes, then {text_of(refused[0])[:90]!r}")


def verified(server: Server) -> subprocess.CompletedProcess[str]:
    """What `audit verify` says of the file."""
    settings = {key: server.settings[key] for key in ("audit_file", "public_url", "issuer", "state_keys")}
    environment = {f"WEATHER_{key.upper()}": str(value) for key, value in settings.items()}
    command = [server.description.program(WORKSPACE), "audit", "verify"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
async def test_a_full_disk_is_said_in_words(server: Server) -> None:
    with REPORT.suite("full_disk") as suite:
        await attack(server, suite)
        result = verified(server)
        suite.check(result.returncode == 0, "the audit trail is broken", result.stdout + result.stderr)
