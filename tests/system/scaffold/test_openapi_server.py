"""`make new OPENAPI=`, as a developer uses it: what it makes is checked and tested with nothing edited."""

from pathlib import Path

import pytest

from tests.fixtures.scratch import Scratch

pytestmark = pytest.mark.slow

ZOO = Path(__file__).parents[2] / "devkit" / "scaffold" / "openapi" / "zoo.yaml"


def test_a_server_of_an_api_is_made_checked_and_removed(scratch: Scratch) -> None:
    said = scratch.made("new", "NAME=safari", f"OPENAPI={ZOO}")
    assert "5 tools: list_animals" in said
    assert "SAFARI_API_KEY carries the credential of the API." in said
    scratch.made("check")
    tests = "-q -n 2 -k safari tests/contract tests/services/safari tests/system/evaluation"
    assert " passed" in scratch.made("test", f"PYTEST={tests}")
    scratch.made("charts", "TESTS=no")
    assert scratch.made("reference") == "Everything is up to date.\n"
    scratch.made("remove", "NAME=safari")
    assert scratch.changed() == []


def test_a_description_of_nothing_leaves_no_trace(scratch: Scratch, tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("openapi: 3.1.0\npaths: {/a: {post: {}}}\n")
    refused = scratch.make(
        "new", "NAME=safari", f"OPENAPI={tmp_path / 'empty.yaml'}", "UPSTREAM=https://api.example.com"
    )
    assert refused.returncode == 2
    assert "has no GET operation" in refused.stderr
    assert scratch.changed() == []
