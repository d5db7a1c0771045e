"""What the policy of a client lets its callers decide by themselves: refunds and discounts."""

import pytest

from servicekit.access.limits import RateLimits
from servicekit.access.policy import Policy
from servicekit.access.policy_file import parse_policy
from servicekit.core.allowances import NO_ALLOWANCES, RefundAllowance
from servicekit.settings.errors import InvalidContent
from servicekit.testing.service import caller

TEXT = """---
version: 1
default: {refunds: []}
clients:
  tests:
    refunds:
      - {scope: "orders:write", amounts: {EUR: 20000, JPY: 30000}, days: 14}
      - {scope: "orders:approve"}
    discount_percent: 15
  plain: {write: false}
...
"""


def test_callers_carry_the_allowances_of_their_client() -> None:
    document = parse_policy(TEXT)
    policy = Policy(RateLimits(100, 50, 20), document=lambda: document)
    found = policy.restrict(caller("orders:write")).allowances
    assert found.discount_percent == 15
    assert found.refunds == (
        RefundAllowance(scope="orders:write", amounts={"EUR": 20000, "JPY": 30000}, days=14),
        RefundAllowance(scope="orders:approve", amounts=None, days=30),
    )
    assert policy.restrict(caller("orders:write", client_id="plain")).allowances is NO_ALLOWANCES
    assert policy.restrict(caller("orders:write", client_id="other")).allowances.refunds == ()


def test_no_policy_file_says_nothing_about_refunds() -> None:
    assert Policy(RateLimits(100, 50, 20)).restrict(caller("orders:write")).allowances is NO_ALLOWANCES


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('refunds: [{scope: "a", amounts: {eur: 1}}]', "amounts.eur"),
        ('refunds: [{scope: "a", amounts: {EUR: 1.5}}]', "amounts.EUR"),
        ('refunds: [{scope: "a", amounts: {EUR: "1"}}]', "amounts.EUR"),
        ('refunds: [{scope: "a", amounts: {EUR: -1}}]', "amounts.EUR"),
        ('refunds: [{scope: "a", days: -1}]', "refunds.0.days"),
        ("refunds: [{days: 3}]", "refunds.0.scope"),
        ('refunds: [{scope: "a", amount: {EUR: 1}}]', "refunds.0.amount"),
        ("discount_percent: 101", "discount_percent"),
        ("discount_percent: 2.5", "discount_percent"),
    ],
)
def test_a_wrong_limit_is_refused_with_its_place(entry: str, words: str) -> None:
    with pytest.raises(InvalidContent, match=words.replace(".", r"\.")):
        parse_policy(f"---\nversion: 1\nclients:\n  tests:\n    {entry}\n...\n")
