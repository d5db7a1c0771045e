"""`make new`, as a developer uses it: what it makes is checked, tested and served, and taken back (`make scaffold`)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.checkout import Checkout
from tests.fixtures.scratch import Scratch

pytestmark = pytest.mark.slow

ZOO = Path(__file__).parents[2] / "devkit" / "scaffold" / "openapi" / "zoo.yaml"


@pytest.fixture(autouse=True)
def clean(scratch: Scratch) -> Iterator[None]:
    """What a failed test leaves would fail the next ones."""
    yield
    if scratch.changed():
        scratch.reset()


def test_servers_are_made_checked_served_and_removed(scratch: Scratch, tmp_path: Path) -> None:
    """One of each kind at once, as checks, tests and charts of the workspace take minutes."""
    scratch.made("new", "NAME=billing", "NOUN=invoice", "DATABASE=yes")
    scratch.made("new", "TOOL=list_invoices", "SERVICE=billing", "TABLE=invoices")
    scratch.made("new", "NAME=bakery", "NOUN=cake")
    scratch.made("new", "TOOL=list_opening_hours", "SERVICE=bakery")
    scratch.made("new", "NAME=garage", "NOUN=car", "UPSTREAM=https://api.example.com/v1")
    said = scratch.made("new", "NAME=safari", f"OPENAPI={ZOO}")
    assert "5 tools: list_animals" in said
    assert "SAFARI_API_KEY carries the credential of the API." in said
    scratch.made("check")
    names = ("billing", "bakery", "garage", "safari")
    own = " ".join(f"tests/services/{name}" for name in names)
    chosen = f"-k 'billing or safari or services' tests/contract tests/system/evaluation {own}"
    assert " passed" in scratch.made("test", f"PYTEST=-q -n 2 {chosen}")
    scratch.made("charts", "TESTS=no")
    assert scratch.made("reference") == "Everything is up to date.\n"
    _call_over_http(scratch, tmp_path)
    for name in reversed(names):
        assert scratch.made("remove", f"NAME={name}").startswith(f"Removed {name}")
    assert scratch.changed() == []


def _call_over_http(scratch: Scratch, folder: Path) -> None:
    """Serve the new server as `make up` does, and call it."""
    checkout = Checkout(folder / "checkout", "billing", scratch.folder)
    try:
        checkout.up()
        found = _called(checkout, "search_invoices", status="open", limit=1)
        invoice = found["items"][0]["id"]
        preview = _called(checkout, "archive_invoice", invoice_id=invoice, idempotency_key=str(uuid4()))
        assert preview["effect"].startswith(f"Archives {invoice} for good")
        done = _called(checkout, "billing_confirm_action", code=preview["code"])
        assert (done["id"], done["status"]) == (invoice, "archived")
    finally:
        checkout.close()


def _called(checkout: Checkout, tool: str, **arguments: Any) -> dict[str, Any]:
    """The result of a call over HTTP."""
    finished = checkout.run("call", "billing", tool, json.dumps(arguments))
    assert finished.returncode == 0, finished.stderr
    result: dict[str, Any] = json.loads(finished.stdout)
    return result


def test_what_fails_half_way_leaves_no_trace(scratch: Scratch) -> None:
    # Generated files are written last, and this one cannot be read.
    page = scratch.folder / "docs" / "operations.md"
    page.write_text(page.read_text().replace("<!-- metrics -->", ""))
    before = scratch.changed()
    failed = scratch.make("new", "NAME=billing", "DATABASE=yes")
    assert failed.returncode != 0
    assert "billing was not made. Every file is as it was." in failed.stdout
    assert scratch.changed() == before
    scratch.reset()


def test_work_is_not_removed(scratch: Scratch) -> None:
    refused = scratch.make("remove", "NAME=weather")
    assert refused.returncode == 2
    assert "services/weather is committed" in refused.stderr
    scratch.made("new", "NAME=billing")
    (scratch.folder / "services" / "billing" / "README.md").write_text("work\n")
    refused = scratch.make("remove", "NAME=billing")
    assert (
        "billing was changed since `make new`; this work would be lost:\n  services/billing/README.md" in refused.stderr
    )
    scratch.made("remove", "NAME=billing", "FORCE=yes")
    assert scratch.changed() == []


def test_a_description_of_nothing_leaves_no_trace(scratch: Scratch, tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("openapi: 3.1.0\npaths: {/a: {post: {}}}\n")
    refused = scratch.make(
        "new", "NAME=safari", f"OPENAPI={tmp_path / 'empty.yaml'}", "UPSTREAM=https://api.example.com"
    )
    assert refused.returncode == 2
    assert "has no GET operation" in refused.stderr
    assert scratch.changed() == []
