"""Clients of Zendesk's API that others wrote work with the simulator, over HTTP."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devkit.simulators.zendesk.testing import RunningSimulator
from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN
from tests.fixtures.published import NODE_ZENDESK, PATIENCE, published, published_wheels

HERE = Path(__file__).parent
GROUPS = ["Accounts", "Billing", "IT support", "Operations", "Shipping"]


def run(command: list[str], **environment: str) -> dict[str, Any]:
    """What a client saw."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_zenpy_works_a_day_at_the_desk(simulator: RunningSimulator) -> None:
    wheels = published_wheels(HERE / "wheels.txt", "clients of Zendesk's API")
    script, host = HERE / "clients" / "with_zenpy.py", simulator.url.removeprefix("http://")
    seen = run([sys.executable, str(script), host, SIMULATED_EMAIL, SIMULATED_TOKEN], PYTHONPATH=str(wheels))
    assert seen == {
        "me": SIMULATED_EMAIL,
        "groups": GROUPS,
        "created": ["Scanner shows Z-9001", "It beeps and shows Z-9001.", "new", "Nina Roth", "IT support"],
        "comments": [["It beeps and shows Z-9001.", True, []], ["Please look at the page.", True, ["scan.txt"]]],
        "download": "one page",
        "update": ["status", "assignee_id"],
        "found": True,
        "statuses": ["new", "open", "pending"],
        "exported": 13,
        "listed": [24, 24],
        "tags": ["scanner", "urgent_case"],
        "audits": 4,
        "metrics": True,
        "macro": "Hello Nina Roth,",
        "policies": ["Around the clock", "Office hours, Berlin", "Office hours, New York"],
        "merge": ["queued", True, True],
        "closed": ["closed", "closed"],
        "many": [True, False],
        "refused": {
            "closed": ["APIException", 422],
            "missing": ["RecordNotFoundException", 404],
            "blank": ["APIException", 422],
        },
    }


def test_node_zendesk_works_a_day_at_the_desk(simulator: RunningSimulator, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing: it runs a client of Zendesk's API")
    package, file = published(NODE_ZENDESK), tmp_path / "page.txt"
    file.write_text("one page")
    script = HERE / "clients" / "with_node_zendesk.js"
    seen = run([node, str(script), str(package), simulator.url, SIMULATED_EMAIL, SIMULATED_TOKEN, str(file)])
    assert seen == {
        "me": SIMULATED_EMAIL,
        "groups": GROUPS,
        "created": [201, "Invoice R-7700 is missing", "new"],
        "upload": "invoice.txt",
        "updated": "pending",
        "comments": [["Please send R-7700 again.", True, []], ["Here it is.", True, ["invoice.txt"]]],
        "found": [True],
        "count": {"count": 1},
        "exported": 13,
        "listed": 24,
        "agents": ["Ada Lind"],
        "members": ["Carla Rossi", "Dev Patel", "Ivan Petrov"],
        "merge": ["queued", [True]],
        "closed": "closed",
        "refused": [422, 404, 422, 401],
    }
    (attachment,) = (one for one in simulator.world.attachments.values() if one.file_name == "invoice.txt")
    assert attachment.content == b"one page"
