"""What counts as breaking a client, change by change."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from devkit.reference.contract import breaking_changes, version_allows_breaking

CONTRACT: dict[str, Any] = {
    "service": "library",
    "version": "1.4.0",
    "resources": ["book://{isbn}"],
    "prompts": {"recommend": ["taste"]},
    "tools": {
        "find_books": {
            "description": "Find books.",
            "scopes": ["books:read"],
            "writes": False,
            "destructive": False,
            "input": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "maxLength": 100},
                    "genre": {"type": "string", "enum": ["novel", "poetry"]},
                    "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
                    "shelves": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"room": {"type": "string", "maxLength": 9}, "row": {"type": "integer"}},
                            "required": ["room"],
                        },
                    },
                },
                "required": ["title"],
            },
            "output": {
                "type": "object",
                "properties": {
                    "items": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"isbn": {"type": "string"}}, "required": ["isbn"]},
                    }
                },
                "required": ["items"],
            },
        }
    },
}


def tool(contract: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = contract["tools"]["find_books"]
    return found


def arguments(contract: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tool(contract)["input"]["properties"]
    return found


def record(contract: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tool(contract)["output"]["properties"]["items"]["items"]
    return found


def shelf(contract: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = arguments(contract)["shelves"]["items"]
    return found


BREAKING: dict[str, Callable[[dict[str, Any]], object]] = {
    "tool find_books is removed": lambda c: c["tools"].clear(),
    "resource book://{isbn} is removed": lambda c: c["resources"].clear(),
    "prompt recommend is removed": lambda c: c["prompts"].clear(),
    "recommend: The argument taste of this prompt is removed": lambda c: c["prompts"].update(recommend=["likes"]),
    "now needs the scope books:admin": lambda c: tool(c)["scopes"].append("books:admin"),
    "was read-only and now writes": lambda c: tool(c).update(writes=True),
    "argument genre is removed": lambda c: arguments(c).pop("genre"),
    "argument title is renamed to name": lambda c: arguments(c).update(name=arguments(c).pop("title")),
    "argument genre is now required": lambda c: tool(c)["input"]["required"].append("genre"),
    "argument title has another type": lambda c: arguments(c)["title"].update(type="integer"),
    "no longer allows poetry": lambda c: arguments(c)["genre"].update(enum=["novel"]),
    "stricter maxLength": lambda c: arguments(c)["title"].update(maxLength=50),
    "stricter minLength": lambda c: arguments(c)["title"].update(minLength=2),
    "argument tags has another pattern": lambda c: arguments(c)["tags"]["items"].update(pattern="^[a-f]+$"),
    "field room of shelves is renamed to place": lambda c: shelf(c)["properties"].update(
        place=shelf(c)["properties"].pop("room")
    ),
    "field row of shelves is now required": lambda c: shelf(c)["required"].append("row"),
    "field room of shelves has a stricter maxLength": lambda c: shelf(c)["properties"]["room"].update(maxLength=5),
    "isbn is removed from a record": lambda c: record(c)["properties"].clear(),
    "isbn in a record of items in the result may now be absent": lambda c: record(c).pop("required"),
    "isbn in a record of items in the result has another type": lambda c: record(c)["properties"].update(
        isbn={"type": "integer"}
    ),
}

COMPATIBLE: dict[str, Callable[[dict[str, Any]], object]] = {
    "a new tool": lambda c: c["tools"].update(lend_book=copy.deepcopy(tool(c))),
    "a new optional argument": lambda c: arguments(c).update(author={"type": "string"}),
    "a wider bound": lambda c: arguments(c)["title"].update(maxLength=200),
    "one more argument of a prompt": lambda c: c["prompts"]["recommend"].append("mood"),
    "one more field of an argument": lambda c: shelf(c)["properties"].update(side={"type": "string"}),
    "one more choice": lambda c: arguments(c)["genre"]["enum"].append("essay"),
    "one more field": lambda c: record(c)["properties"].update(title={"type": "string"}),
    "another description": lambda c: tool(c).update(description="Find any book."),
}


@pytest.mark.parametrize("sentence", BREAKING)
def test_a_breaking_change_is_named(sentence: str) -> None:
    changed = copy.deepcopy(CONTRACT)
    BREAKING[sentence](changed)
    assert any(sentence in change for change in breaking_changes(CONTRACT, changed)), breaking_changes(
        CONTRACT, changed
    )


@pytest.mark.parametrize("name", COMPATIBLE)
def test_a_compatible_change_passes(name: str) -> None:
    changed = copy.deepcopy(CONTRACT)
    COMPATIBLE[name](changed)
    assert breaking_changes(CONTRACT, changed) == []


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("1.4.0", "2.0.0", True),
        ("1.4.0", "1.5.0", False),
        ("1.4.0", "1.4.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.1.0", "0.1.1", False),
        ("0.9.0", "1.0.0", True),
    ],
)
def test_only_an_incompatible_version_allows_it(old: str, new: str, allowed: bool) -> None:
    assert version_allows_breaking(old, new) is allowed
