"""The page that compares this server's tools with GitHub's own names tools that there are."""

import re

from devkit.settings import WORKSPACE
from devkit.workspace.composition import compose_to_describe

ROW = re.compile(r"\| `(?P<theirs>\w+)` \| (?:`(?P<ours>\w+)`(?: \((?P<toolset>\w+)\))?|none) \| (?P<words>.*?) ?\|")


def test_every_row_names_a_tool_of_its_toolset_or_a_reason() -> None:
    service = compose_to_describe("github")
    tools, listed = service.registry.tools, service.toolsets.listed
    page = (WORKSPACE / "docs" / "github-tools.md").read_text(encoding="utf-8")
    rows = [ROW.fullmatch(line) for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    for row in rows:
        assert row is not None
        if row["ours"] is None:
            assert row["words"], row["theirs"]
        else:
            toolset = tools[row["ours"]].toolset
            assert row["toolset"] == (None if toolset in listed else toolset), row["ours"]
