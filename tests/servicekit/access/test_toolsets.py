"""Toolsets: what an operator's words and a client's words offer."""

import pytest

from servicekit.access.toolsets import Toolsets

KNOWN = ("orders", "reports", "stock")


def offered(*words: str) -> Toolsets:
    return Toolsets.of(KNOWN, ("orders", "stock"), words, "SHOP_TOOLSETS")


@pytest.mark.parametrize(
    ("words", "allowed", "listed"),
    [
        (("default",), {*KNOWN}, {"orders", "stock"}),
        ((), {*KNOWN}, {"orders", "stock"}),
        (("default", "reports"), {*KNOWN}, {*KNOWN}),
        (("all",), {*KNOWN}, {*KNOWN}),
        (("reports",), {"reports"}, {"reports"}),
    ],
)
def test_an_operators_words(words: tuple[str, ...], allowed: set[str], listed: set[str]) -> None:
    toolsets = offered(*words)
    assert (toolsets.allowed, toolsets.listed) == (allowed, listed)
    for toolset in KNOWN:
        assert (toolsets.why_off(toolset, None) is None) == (toolset in listed)
        assert (toolsets.why_off(toolset, toolsets.chosen({"all"})) is None) == (toolset in allowed)
        assert (toolsets.why_off(toolset, toolsets.chosen({"default"})) is None) == (toolset in listed)


def test_every_reason_says_what_to_do() -> None:
    assert "X-MCP-Toolsets: default,reports" in (offered("default").why_off("reports", None) or "")
    assert "SHOP_TOOLSETS=default,reports" in (offered("default").why_off("reports", None) or "")
    assert "operator" in (offered("stock").why_off("reports", frozenset({"reports"})) or "")
    assert "X-MCP-Toolsets header" in (offered("default").why_off("reports", frozenset({"stock"})) or "")


@pytest.mark.parametrize(("words", "default"), [(("stocks",), None), (("default",), ("orders", "shipping"))])
def test_unknown_toolsets_are_refused(words: tuple[str, ...], default: tuple[str, ...] | None) -> None:
    with pytest.raises(ValueError, match=r"SHOP_TOOLSETS: there is no toolset \w+\. Toolsets: orders, reports, stock"):
        Toolsets.of(KNOWN, default, words, "SHOP_TOOLSETS")
