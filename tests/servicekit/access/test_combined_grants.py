"""Grants of several sources together: what they have in common, names and patterns alike."""

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from servicekit.access.limits import RateLimits
from servicekit.access.policy import Policy
from servicekit.access.policy_file import ClientPolicy, PolicyDocument
from servicekit.core.caller import acting_as, are_grants, granted
from servicekit.testing.service import caller

NAMES = st.lists(st.sampled_from(["a/x", "a/y", "b/x", "a/*", "*/x", "*", "b/?", "[ab]/y"]), max_size=4)
ALL = ["a/x", "a/y", "b/x", "b/y", "c/x"]


def covered(names: list[str]) -> set[str]:
    return {name for name in ALL if any(fnmatchcase(name, pattern) for pattern in names)}


@given(NAMES, NAMES)
def test_grants_of_two_sources_are_intersected(own: list[str], file: list[str]) -> None:
    from dataclasses import replace

    document = PolicyDocument(version=1, default=ClientPolicy(grants={"repositories": file}))
    policy = Policy(RateLimits(1, 1, 1), document=lambda: document)
    signed_in = replace(caller(), grants={"repositories": own, "queues": ["q"]})
    with acting_as(policy.restrict(signed_in)):
        left = granted("repositories")
        assert left is not None
        assert covered(sorted(left)) <= covered(own) & covered(file)
        assert {name for name in own if name in file} <= left
        assert granted("queues") == {"q"}
        assert granted("regions") is None


def test_what_grants_are() -> None:
    assert are_grants({})
    assert are_grants({"repositories": ["a/b"], "queues": []})
    for wrong in (None, [], "x", {"repositories": "a/b"}, {"repositories": [1]}, {1: ["x"]}):
        assert not are_grants(wrong)
