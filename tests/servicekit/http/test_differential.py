"""Generated messages, answered by our HTTP stack and by the MCP SDK's own: alike, but for the listed decisions.

`MESSAGES` sets how many (`make differential N=20000`), `SEED` repeats a run; the seed is printed.
"""

import json
import logging
import os
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest

from devkit.issuer.testing import RunningIssuer
from tests.servicekit.apps.compared_app import compared_app
from tests.servicekit.apps.general_app import READ
from tests.servicekit.conftest import ACCEPT, at, era_headers, request

from .comparison import Comparison
from .generated_requests import Header, Requests
from .two_stacks import Sent, TwoStacks, answer, two_stacks

MESSAGES: Final = int(os.environ.get("MESSAGES") or 3000)
SEED: Final = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
_MANY: Final = 10_000  # a run of so many continues until it has met every listed difference and every served method
_MOST: Final = 5  # times `MESSAGES`, after which one that was not met does not occur any more
_PORT: Final = 8000  # only named in the public URL: both stacks are called in process
_FORM: Final = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of crashes on purpose need no log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def base(issuer: RunningIssuer) -> tuple[Header, ...]:
    """Host and credential, the headers of every request."""
    token = issuer.mint(f"http://127.0.0.1:{_PORT}/mcp", scopes=[READ])
    return (("Host", f"127.0.0.1:{_PORT}"), ("Authorization", f"Bearer {token}"))


@pytest.fixture
async def stacks(issuer: RunningIssuer, base: tuple[Header, ...]) -> AsyncIterator[TwoStacks]:
    async with two_stacks(compared_app(**at(_PORT, issuer.url)), base[-1]) as running:
        yield running


@pytest.mark.usefixtures("quiet")
async def test_both_stacks_answer_alike(stacks: TwoStacks, base: tuple[Header, ...]) -> None:
    print(f"SEED={SEED} MESSAGES={MESSAGES}")
    requests, comparison = Requests(random.Random(SEED), base), Comparison()
    for number in range(MESSAGES * _MOST):
        if number >= MESSAGES and (MESSAGES < _MANY or not comparison.unmet()):
            break
        await comparison.compare(stacks, requests.draw())
    print(comparison.table())
    if comparison.unexplained:
        pytest.fail(f"SEED={SEED} MESSAGES={MESSAGES}: {comparison.report()}", pytrace=False)
    if MESSAGES >= _MANY and (unmet := comparison.unmet()):
        pytest.fail(f"SEED={SEED} MESSAGES={MESSAGES}: there was no {unmet}", pytrace=False)


@pytest.mark.parametrize("action", ["accept", "decline", "cancel"])
@pytest.mark.parametrize("leather", [True, "yes", None])
async def test_input_responses_are_answered_alike(
    stacks: TwoStacks, base: tuple[Header, ...], action: str, leather: Any
) -> None:
    params: dict[str, Any] = {"name": "bind", "arguments": {}, "_meta": _FORM}
    asked = (await answer(stacks.ours, call(params, base))).messages[-1]["result"]
    assert asked["resultType"] == "input_required"
    response = {"action": action, "content": {"leather": leather}}
    comparison = Comparison()
    for state in (asked["requestState"], asked["requestState"][:-1], "x", ""):
        repeated = {**params, "inputResponses": {"binding": response}, "requestState": state}
        await comparison.compare(stacks, call(repeated, base))
    assert not comparison.unexplained, comparison.report()


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_deadlines_are_answered_alike(stacks: TwoStacks, base: tuple[Header, ...], era: str) -> None:
    comparison = Comparison()
    await comparison.compare(stacks, call({"name": "wait", "_meta": {"fleet/timeout_ms": 30}}, base, era))
    assert not comparison.unexplained, comparison.report()


def call(params: dict[str, Any], base: tuple[Header, ...], era: str = "auto") -> Sent:
    """A call as a conforming client sends it."""
    headers = {**ACCEPT, "Content-Type": "application/json", **era_headers("tools/call", params["name"], era)}
    return Sent(json.dumps(request("tools/call", params, era)).encode(), (*base, *headers.items()))
