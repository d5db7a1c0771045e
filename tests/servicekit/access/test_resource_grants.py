"""Which resources a caller may touch: what credential and policy file both grant; a kind neither names is open."""

from typing import Any

import pytest

from servicekit.access.limits import RateLimits
from servicekit.access.policy import Policy
from servicekit.access.policy_file import PolicyDocument
from servicekit.core.caller import Caller, acting_as, granted

LIMITS = RateLimits(1, 1, 1)


def signed_in(**grants: Any) -> Caller:
    return Caller("ann", "bot", "acme", frozenset(), "oauth", grants=grants)


def policy(**grants: Any) -> Policy:
    document = PolicyDocument.model_validate({"version": 1, "clients": {"bot": {"grants": grants}}})
    return Policy(LIMITS, document=lambda: document)


@pytest.mark.parametrize(
    ("credential", "file", "expected"),
    [
        ({}, {}, None),
        ({"queues": ["a", "b"]}, {}, {"a", "b"}),
        ({}, {"queues": ["b", "c"]}, {"b", "c"}),
        ({"queues": ["a", "b"]}, {"queues": ["b", "c"]}, {"b"}),
        ({"queues": ["a"]}, {"queues": ["c"]}, set()),
        ({}, {"queues": []}, set()),
        ({"repositories": ["x"]}, {"repositories": ["y"]}, None),
    ],
)
def test_both_must_grant(credential: Any, file: Any, expected: set[str] | None) -> None:
    with acting_as(policy(**file).restrict(signed_in(**credential))):
        found = granted("queues")
    assert (None if found is None else found.names()) == expected


def test_grants_restrict_only_the_named_client() -> None:
    other = Caller("ann", "other", "acme", frozenset(), "oauth")
    assert policy(queues=["a"]).restrict(other) is other
