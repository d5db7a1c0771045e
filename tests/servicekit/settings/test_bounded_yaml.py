"""YAML of configuration files: what is read, what is refused, and within which bounds."""

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from servicekit.settings import bounded_yaml
from servicekit.settings.bounded_yaml import MAX_DEPTH, MAX_SCALAR, InvalidYaml, Pace, read_yaml

MERGE_BOMB = "\n".join(
    [
        "a: &a {k: 1}",
        *(f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 9)}]}}" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    ]
)
ALIAS_BOMB = "\n".join(
    ["a: &a [x]", *(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))]
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab*[]{}&!:#-?'\"\\ \n~1.", max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc*:~1", max_size=6), inner, max_size=4),
    max_leaves=20,
)
POLICY = """---
version: 1
default: {write: false}
clients:
  # The assistant.
  assistant:
    tools: ["search_*", "get_*"]
    limits:
      caller: 60
  job:
    tools:
      - get_order
...
"""


@given(PLAIN)
def test_plain_data_is_read_as_other_readers_do(content: Any) -> None:
    text = yaml.safe_dump({"content": content}, allow_unicode=True)
    assert read_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize("paced", [False, True])
def test_types_are_those_of_yaml(paced: bool) -> None:
    text = "a: yes\nb: 12\nc: '12'\nd: 2026-05-01T00:00:00Z\ne: ~\nf: 1.5\ng: |\n  x\n  y\n"
    assert read_yaml(text, Pace() if paced else None) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n\t\n", "is empty"),
        ("# a remark\n", "is empty"),
        (MERGE_BOMB, "has an anchor (&), which is not allowed near line 1"),
        (ALIAS_BOMB, "has an anchor (&), which is not allowed near line 1"),
        ("a: {<<: {b: 1}}", "has a merge key (<<), which is not allowed near line 1"),
        ("tools: [*get]", "has an alias (*), which is not allowed; put patterns into quotes near line 1"),
        ("a: !!int 1\n", "has a tag (!), which is not allowed near line 1"),
        ("a: !local [1]", "has a tag (!), which is not allowed near line 1"),
        ("a: 1\n---\nb: 2\n", "has several documents near line 2"),
        ("a: 1\nb: 2\na: 3\n", "has a duplicate key near line 3"),
        ("{a: 1, 'a': 2}", "has a duplicate key near line 1"),
        ("? [a]\n: 1\n", "has a list or mapping as a key near line 1"),
        ("[" * 100_000, f"is nested more than {MAX_DEPTH} levels deep near line 1"),
        ("{a: " * 100_000, f"is nested more than {MAX_DEPTH} levels deep near line 1"),
        (f"a: {'9' * (MAX_SCALAR + 1)}\n", f"has a value of more than {MAX_SCALAR} characters near line 1"),
        ("a: 2026-02-31\n", "is not valid YAML near line 1"),
        ("a: [1\n", "is not valid YAML near line 2"),
        ("a: 1\x00\n", "is not valid YAML"),
        ("a: \x07\n", "is not valid YAML"),
    ],
)
def test_what_is_no_plain_document_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidYaml) as refusal:
        read_yaml(text)
    assert str(refusal.value) == words


def test_a_bound_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_yaml, "MAX_VALUES", 1000)
    started = time.perf_counter()
    with pytest.raises(InvalidYaml, match="has more than 1000 keys and values"):
        read_yaml(f"[{'a, ' * 1_000_000}]")
    assert time.perf_counter() - started < 1.0


def test_a_marked_file_is_refused_wherever_it_was_cut() -> None:
    assert read_yaml(POLICY)["clients"]["job"] == {"tools": ["get_order"]}
    whole = POLICY.rstrip("\n")
    for length in range(len(whole)):
        with pytest.raises(InvalidYaml):
            read_yaml(whole[:length])


@pytest.mark.parametrize(
    "text", ["a: 1\n", "a: 1\r\n", "{a: 1}", "a: 1\n...", "---\na: 1\n...\n", "\ufeff".strip("\ufeff") + "a: 1\n"]
)
def test_a_whole_file_may_end_in_these_ways(text: str) -> None:
    assert read_yaml(text) == {"a": 1}


@pytest.mark.parametrize("text", ["a: 1", "clients:\n  a:\n    max_records: 5", "a: b\nc: de"])
def test_a_last_line_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(InvalidYaml, match="ends early: its last line has no end"):
        read_yaml(text)


def test_without_libyaml_the_result_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read_yaml(POLICY)
    monkeypatch.setattr(bounded_yaml, "_PARSER", yaml.SafeLoader)
    assert read_yaml(POLICY) == fast
    with pytest.raises(InvalidYaml, match="anchor"):
        read_yaml(MERGE_BOMB)
