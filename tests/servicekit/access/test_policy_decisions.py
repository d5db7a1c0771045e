"""What a policy decides, from data in memory: files of several teams, read-only servers, limits and toolsets."""

from typing import Any

import pytest

from servicekit.access.limits import RateLimits
from servicekit.access.policy import Policy
from servicekit.access.policy_file import ClientPolicy, PolicyDocument, parse_policies
from servicekit.access.toolsets import Toolsets
from servicekit.settings.reloaded_file import InvalidContent, Source
from servicekit.testing.service import caller
from tests.servicekit.apps.general_app import READ, WRITE, general_app


def source(path: str, text: str) -> Source:
    """A whole file: one that ends without a line break was cut off."""
    return Source(path, f"{text}\n")


ONE = source("one.yaml", "version: 1\ndefault: {write: false}\nclients: {a: {max_records: 1}}")
TWO = source("two.yaml", "version: 1\nclients: {b: {max_records: 2}, c: {}}")
LIMITS = RateLimits(100, 50, 20)


def policy_of(**client: Any) -> Policy:
    document = PolicyDocument(version=1, clients={"tests": ClientPolicy(**client)})
    return Policy(LIMITS, document=lambda: document)


def test_files_of_several_teams_are_one_policy() -> None:
    found = parse_policies([ONE, TWO])
    assert found.version == 1
    assert (list(found.clients), len(found.clients)) == (["a", "b", "c"], 3)
    assert [found.for_client(name).max_records for name in "abc"] == [1, 2, None]
    assert (found.for_client("b").write, found.for_client("d").write) == (ClientPolicy().write, False)


def test_without_a_default_other_clients_have_the_usual_one() -> None:
    assert parse_policies([TWO, source("three.yaml", "version: 1")]).for_client("d") == ClientPolicy()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            [ONE, TWO, source("x.yaml", "version: 1\ndefault: {}")],
            "Two policy files have a default, one.yaml and x.yaml",
        ),
        (
            [TWO, source("x.yaml", "version: 1\nclients: {c: {}}")],
            "The client c is in two policy files, two.yaml and x",
        ),
        ([ONE, source("x.yaml", "version: 2")], "The policy file x.yaml"),
        ([source("x.yaml", "version: 2")], "The policy file breaks"),
    ],
)
def test_files_that_contradict_are_refused(files: list[Source], words: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        parse_policies(files)
    assert str(refused.value).startswith(words)


def test_a_read_only_server_refuses_writes_and_no_reads() -> None:
    tools = general_app().registry.tools
    policy = Policy(LIMITS, writes_allowed=False)
    denied = policy.denial(caller(READ, WRITE), tools["add_book"])
    assert denied is not None
    assert denied.reason == "This server is set to read-only by its operator."
    assert denied.missing_scopes == frozenset()
    assert policy.denial(caller(READ, WRITE), tools["get_book"]) is None
    assert Policy(LIMITS).denial(caller(READ, WRITE), tools["add_book"]) is None


def test_a_missing_scope_is_named() -> None:
    denied = Policy(LIMITS).denial(caller(WRITE), general_app().registry.tools["get_book"])
    assert denied is not None
    assert (denied.missing_scopes, denied.needed_scopes) == ({READ}, {READ})


@pytest.mark.parametrize(
    ("most", "wanted", "kept"), [(5, 6, 5), (5, 5, 5), (5, 4, 4), (None, 6, 6), (5, None, None), (5, "6", "6")]
)
def test_a_limit_is_lowered_to_the_policys_most(most: int | None, wanted: Any, kept: Any) -> None:
    arguments = {"limit": wanted, "other": 9}
    notices = policy_of(max_records=most).clamp(caller(), arguments)
    assert arguments == {"limit": kept, "other": 9}
    lowered = [f"The operator's policy allows your client at most {most} records per call."]
    assert notices == (lowered if kept != wanted else [])
    assert policy_of(max_records=most).clamp(caller(), {}) == []


def test_a_client_has_its_own_rate_limits() -> None:
    assert Policy(LIMITS).limits(caller()) is LIMITS
    for own, expected in (
        ({"caller": 10}, LIMITS.for_client(10, None)),
        ({"tool": 30}, LIMITS.for_client(None, 30)),
        ({"caller": 10, "tool": 5}, LIMITS.for_client(10, 5)),
    ):
        policy = policy_of(limits=own)
        assert policy.limits(caller()) == expected
        assert policy.limits(caller()) is policy.limits(caller())
        assert policy.limits(caller(client_id="other")) is LIMITS


@pytest.mark.parametrize(
    ("words", "client", "on"),
    [
        ([], None, {"a"}),
        (["default", "b"], None, {"a", "b"}),
        (["all"], None, {"a", "b", "c"}),
        (["b"], None, {"b"}),
        (["b"], {"all"}, {"b"}),
        ([], {"b"}, {"b"}),
        ([], {"default", "c"}, {"a", "c"}),
        ([], {"all"}, {"a", "b", "c"}),
        (["b"], {"a"}, set()),
    ],
)
def test_toolsets_that_operator_and_client_choose(words: list[str], client: set[str] | None, on: set[str]) -> None:
    toolsets = Toolsets.of("abc", ["a"], words, "TOOLSETS")
    chosen = None if client is None else toolsets.chosen(client)
    assert {name for name in "abc" if toolsets.why_off(name, chosen) is None} == on


def test_a_toolset_that_is_off_says_why() -> None:
    offered = Toolsets.of("ab", ["a"], [], "TOOLSETS")
    assert "is off by default" in str(offered.why_off("b", None))
    assert "X-MCP-Toolsets header excludes the toolset b" in str(offered.why_off("b", frozenset("a")))
    assert "does not offer the toolset b (TOOLSETS)" in str(
        Toolsets.of("ab", None, ["a"], "TOOLSETS").why_off("b", None)
    )
    with pytest.raises(ValueError, match=r"TOOLSETS: there is no toolset c, d\. Toolsets: a, b\."):
        Toolsets.of("ab", ["a"], ["d", "c"], "TOOLSETS")
