"""The check of prose: each rule refuses an example, good prose passes, and code is not prose."""

import re
from pathlib import Path

import pytest

from devkit.workspace.prose import RULES, check_files, check_text

REFUSED = [
    "Whoever calls is shown.",
    "Nobody answers.",
    "It is somebody's mistake.",
    "Open to anybody.",
    "A line that is none any more.",
    "It is no longer none.",
    "A line like any other's.",
    "What is asked for is too long.",
    "The caller is told to wait.",
    "A ticket that goes on.",
    "The window begins anew.",
    "While the store is away.",
    '"""See `Page`."""',
    '"""Nothing."""',
]
GOOD = """A caller, client or operator is named. Callers see what they may use, and can ask for more than the default.
See `Page` for its fields. Nothing. A renewed token was untold work. Files of the user `nobody`.
A host that is far away goes on the list.
"""


def found(text: str, name: str = "page.md") -> list[tuple[int, str]]:
    return [(finding.line, finding.found) for finding in check_text(Path(name), text)]


@pytest.mark.parametrize(("rule", "example"), list(zip(RULES, REFUSED, strict=True)))
def test_every_rule_refuses_its_example(rule: tuple[str, str], example: str) -> None:
    line = example if example.startswith('"') else f"# {example}"
    (finding,) = check_text(Path("a.py"), f"x = 1\n{line}\n")
    assert re.search(rule[0], example, re.IGNORECASE)
    assert (finding.line, finding.instead) == (2, rule[1])
    assert str(finding) == f"a.py:2: {finding.found}: {rule[1]}"


def test_good_prose_passes() -> None:
    assert found(GOOD) == []


def test_strings_comments_and_test_names_are_prose() -> None:
    source = 'nobody = somebody(anybody)\nx = f"whoever {nobody}"  # anew\ndef test_nobody_waits(): ...\n'
    assert found(source, "test_a.py") == [(2, "whoever"), (2, "anew"), (3, "nobody")]


def test_a_phrase_may_span_two_lines() -> None:
    assert found("# The caller is\n# told twice.\n", "a.py") == [(1, "is # told")]


def test_code_in_markdown_is_not_prose() -> None:
    assert found("Run `nobody`.\n\n```sh\nchown nobody file\n```\n") == []


def test_a_marked_line_may_quote() -> None:
    assert found('x = "Nobody answers me!"  # prose: quote\n', "a.py") == []


def test_long_lines_of_markdown_are_refused() -> None:
    long, address = "word " * 30, "https://example.test/" + "a" * 120
    table, code, link = f"| {long} |", f"```\n{long}\n```", f"[A page]({address})"
    assert found(f"{table}\n\n{code}\n\n{link}\n\n{long}\n") == [(9, "149 characters")]


def test_files_without_prose_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('"nobody"')
    (tmp_path / "values.yaml").write_text("# nobody\n")
    assert [finding.line for finding in check_files(sorted(tmp_path.iterdir()))] == [1]
