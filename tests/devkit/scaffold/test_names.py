"""Names of new servers and nouns: bad and taken ones are refused with the reason and an example."""

import json
from pathlib import Path

import pytest

from devkit.errors import DevkitError
from devkit.scaffold.names import Names, names_of, plural


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with one server, `orders`, that has the tool `get_order`."""
    (tmp_path / "services" / "orders").mkdir(parents=True)
    snapshots = tmp_path / "tests" / "contract" / "snapshots"
    snapshots.mkdir(parents=True)
    (snapshots / "orders.json").write_text(json.dumps({"tools": {"get_order": {}}}))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Billing", "lower-case letters and digits only"),
        ("order_items", "lower-case letters and digits only"),
        ("2fast", "begins with a letter"),
        ("b" * 15, "15 characters; the most is 14"),
        ("class", "reserved word of Python"),
        ("match", "reserved word of Python"),
        ("user", "reserved word of Postgres"),
        ("fleet", "a part of the workspace has that name"),
        ("zendesk", "a part of the workspace has that name"),
        ("orders", "services/orders exists"),
    ],
)
def test_a_bad_name_is_refused_with_an_example(workspace: Path, name: str, reason: str) -> None:
    with pytest.raises(DevkitError, match=reason) as refused:
        names_of(workspace, name)
    assert "such as" in str(refused.value)


@pytest.mark.parametrize(
    ("noun", "reason"),
    [
        ("credit_note", "in one word"),
        ("list", "a name of Python itself"),
        ("import", "a name of Python itself"),
        ("analysis/analyse", "analyse is a reserved word of Postgres"),
        ("tenant", "another meaning in the code"),
        ("sheep/sheep", "need different words"),
        ("order", "the tool get_order, which orders has"),
    ],
)
def test_a_bad_noun_is_refused_with_an_example(workspace: Path, noun: str, reason: str) -> None:
    with pytest.raises(DevkitError, match=reason) as refused:
        names_of(workspace, "billing", noun)
    assert "such as NOUN=" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "noun", "expected"),
    [
        ("billing", "invoice", Names("billing", "invoice", "invoices")),
        ("billing", None, Names("billing", "item", "items")),
        ("invoices", None, Names("invoices", "invoice", "invoices")),
        ("staff", "person/people", Names("staff", "person", "people")),
    ],
)
def test_the_noun_has_two_forms(workspace: Path, name: str, noun: str | None, expected: Names) -> None:
    assert names_of(workspace, name, noun) == expected


@pytest.mark.parametrize(
    ("noun", "nouns"),
    [("invoice", "invoices"), ("box", "boxes"), ("branch", "branches"), ("city", "cities"), ("day", "days")],
)
def test_plurals_are_regular(noun: str, nouns: str) -> None:
    assert plural(noun) == nouns
