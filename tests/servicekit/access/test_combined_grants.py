"""Grants of several sources together: a name must match an entry of each list, whatever patterns they have."""

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.access.limits import RateLimits
from servicekit.access.policy import Policy
from servicekit.access.policy_file import ClientPolicy, PolicyDocument
from servicekit.core.caller import acting_as, granted
from servicekit.core.grants import Granted, are_grants
from servicekit.testing.service import caller

ENTRIES = st.lists(st.text("abAB/*?[]!-.", max_size=6), max_size=4)
NAMES = st.text("abAB/[]!-.", max_size=6)


def granted_by(own: list[str], file: list[str], *, ignore_case: bool = False) -> Granted | None:
    document = PolicyDocument(version=1, default=ClientPolicy(grants={"repositories": file}))
    policy = Policy(RateLimits(1, 1, 1), document=lambda: document)
    signed_in = replace(caller(), grants={"repositories": own, "queues": ["q"]})
    with acting_as(policy.restrict(signed_in)):
        return granted("repositories", ignore_case=ignore_case)


def covered(entries: list[str], name: str) -> bool:
    return any(fnmatchcase(name, entry) if set(entry) & set("*?[") else name == entry for entry in entries)


@given(ENTRIES, ENTRIES, NAMES)
def test_a_name_must_match_both_lists(own: list[str], file: list[str], name: str) -> None:
    found = granted_by(own, file)
    assert found is not None
    assert found.allows(name) is (covered(own, name) and covered(file, name))


@given(ENTRIES, ENTRIES, NAMES)
def test_case_is_ignored_where_the_service_says_so(own: list[str], file: list[str], name: str) -> None:
    found = granted_by(own, file, ignore_case=True)
    assert found is not None
    low = [[entry.lower() for entry in entries] for entries in (own, file)]
    assert found.allows(name) is all(covered(entries, name.lower()) for entries in low)
    assert found.allows(name) is found.allows(name.swapcase())


@given(ENTRIES, ENTRIES, NAMES)
def test_listed_names_are_exactly_the_allowed_ones(own: list[str], file: list[str], name: str) -> None:
    found = granted_by(own, file)
    assert found is not None
    names = found.names()
    if names is None:
        assert all(any(set(entry) & set("*?[") for entry in entries) for entries in found.lists)
    else:
        assert (name in names) is found.allows(name)
        assert all(map(found.allows, names))


@pytest.mark.parametrize(
    ("own", "file", "allowed", "refused"),
    [
        (["acme/*"], ["acme/?"], "acme/a", "acme/private"),
        (["acme/?"], ["acme/*"], "acme/a", "acme/private"),
        (["acme/[ab]*"], ["acme/*x"], "acme/ax", "acme/a"),
        (["*"], ["acme/x"], "acme/x", "acme/y"),
        (["*/x"], ["acme/*"], "acme/x", "globex/x"),
    ],
)
def test_patterns_that_meet_share_only_common_names(
    own: list[str], file: list[str], allowed: str, refused: str
) -> None:
    found = granted_by(own, file)
    assert found is not None
    assert found.allows(allowed)
    assert not found.allows(refused)


def test_other_kinds_stay_as_the_credential_has_them() -> None:
    document = PolicyDocument(version=1, default=ClientPolicy(grants={"repositories": ["a/*"]}))
    policy = Policy(RateLimits(1, 1, 1), document=lambda: document)
    with acting_as(policy.restrict(replace(caller(), grants={"queues": ["q"]}))):
        queues = granted("queues")
        assert queues is not None
        assert queues.names() == {"q"}
        assert granted("regions") is None


def test_what_grants_are() -> None:
    assert are_grants({})
    assert are_grants({"repositories": ["a/b"], "queues": []})
    for wrong in (None, [], "x", {"repositories": "a/b"}, {"repositories": [1]}, {1: ["x"]}):
        assert not are_grants(wrong)
