"""Edits of JSON with comments leave everything else as it is."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.client.json_document import JsonDocument, Unreadable

ENTRY = {"url": "http://127.0.0.1:8101/mcp"}

SETTINGS = """{
    // Kept by the user
    "theme": "dark", /* and this */
    "servers": {
        "other": {"command": "npx", "args": ["-y", "it"]} // mine
    },
    "inputs": [1, 2,],
}
"""


def test_an_entry_is_added_last_and_comments_stay() -> None:
    text = JsonDocument(SETTINGS).with_entry("servers", "orders", ENTRY).text
    assert text == SETTINGS.replace(
        '"it"]} // mine\n',
        '"it"]}, // mine\n        "orders": {\n            "url": "http://127.0.0.1:8101/mcp"\n        }\n',
    )


def test_removing_the_entry_gives_the_text_back() -> None:
    added = JsonDocument(SETTINGS).with_entry("servers", "orders", ENTRY).with_entry("servers", "weather", ENTRY)
    assert added.without_entry("servers", "weather").without_entry("servers", "orders").text == SETTINGS
    assert added.without_entry("servers", "orders").without_entry("servers", "weather").text == SETTINGS


def test_a_changed_entry_keeps_its_place() -> None:
    added = JsonDocument(SETTINGS).with_entry("servers", "other", ENTRY)
    assert added.text.index('"other"') < added.text.index("// mine")
    assert added.entries("servers") == {"other": ENTRY}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("step", ["  ", "    ", "\t"])
def test_indentation_and_line_ends_are_those_of_the_file(newline: str, step: str) -> None:
    text = json.dumps({"mcpServers": {"a": {"b": 1}}}, indent=step).replace("\n", newline)
    added = JsonDocument(text).with_entry("mcpServers", "orders", ENTRY).text
    assert added == json.dumps({"mcpServers": {"a": {"b": 1}, "orders": ENTRY}}, indent=step).replace("\n", newline)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{\n  "a": 1\n  "b": 2\n}', 3, "a comma or } is missing"),
        ('{\n  "a": }', 2, "not valid JSON"),
        ('{"a": 1', 1, "a comma or } is missing"),
        ('{\n\n  "a": "x\ny"}', 3, "not valid JSON"),
        ('{"a": NaN}', 1, "NaN is not JSON"),
        ("[]", 1, "must contain an object"),
        ('{"a": 1}\n}', 2, "follows the end"),
        ('{"a": 1,\n "a": 2}', 2, "stands there twice"),
        ('{"a" 1}', 1, "a colon is missing"),
        ("{'a': 1}", 1, 'a name in "quotes"'),
        ('{"a": [1 2]}', 1, "a comma or ] is missing"),
        ("{ /* never closed", 1, 'a name in "quotes" or } is missing'),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", 1, "levels"),
    ],
)
def test_what_cannot_be_parsed_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(Unreadable, match=f"^line {line}: .*{re.escape(reason)}"):
        JsonDocument(text)


def test_a_table_that_is_no_object_is_refused_with_its_line() -> None:
    document = JsonDocument('{\n  "servers": []\n}')
    with pytest.raises(Unreadable, match=r'^line 2: "servers" must be an object'):
        document.with_entry("servers", "orders", ENTRY)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(["mcpServers", "b", "c"]), values, max_size=3)
spaces = st.sampled_from(["", " ", "\n", "\r\n\t", "// one \n", " /* two\n */ ", "\n  // three\n  "])


@st.composite
def written(draw: st.DrawFn, value: object) -> str:
    """A value as JSON with comments and white space in random places."""
    if isinstance(value, dict):
        inside = [
            draw(spaces) + json.dumps(key) + draw(spaces) + ":" + draw(written(each)) for key, each in value.items()
        ]
        return draw(spaces) + "{" + _joined(draw, inside) + draw(spaces) + "}" + draw(spaces)
    if isinstance(value, list):
        return draw(spaces) + "[" + _joined(draw, [draw(written(each)) for each in value]) + draw(spaces) + "]"
    return draw(spaces) + json.dumps(value) + draw(spaces)


def _joined(draw: st.DrawFn, parts: list[str]) -> str:
    return ",".join(parts) + ("," if parts and draw(st.booleans()) else "")


@given(st.data(), objects)
def test_any_document_takes_an_entry_and_gives_it_back(data: st.DataObject, value: dict[str, object]) -> None:
    if not isinstance(value.setdefault("mcpServers", {}), dict):
        value["mcpServers"] = {}
    if data.draw(st.booleans()):
        del value["mcpServers"]
    text = data.draw(written(value))
    document = JsonDocument(text)
    assert document.content() == value
    added = document.with_entry("mcpServers", "orders", ENTRY).with_entry("mcpServers", "weather", ENTRY)
    known = document.entries("mcpServers")
    assert added.content() == value | {"mcpServers": known | {"orders": ENTRY, "weather": ENTRY}}
    back = added
    for name in data.draw(st.permutations(["orders", "weather"])):
        back = back.without_entry("mcpServers", name)
    if "mcpServers" not in value:
        back = back.without_table("mcpServers")
    if {"orders", "weather"}.isdisjoint(known):
        assert back.content() == value
    for comment in ("// one", "/* two", "// three"):
        assert back.text.count(comment) == text.count(comment)
