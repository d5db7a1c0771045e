"""Generated messages, answered by our HTTP stack and by the MCP SDK's own: alike, but for the listed decisions.

`MESSAGES` sets how many (`make differential N=20000`), `SEED` repeats a run; the seed is printed.
"""

import json
import logging
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from devkit.issuer.testing import RunningIssuer
from tests.servicekit.apps.compared_app import compared_app
from tests.servicekit.apps.general_app import READ
from tests.servicekit.conftest import at

from .generated_requests import Requests
from .known_differences import FORMS, READINGS, REFUSALS, WORDS, Case
from .two_stacks import Answer, Sent, TwoStacks, answer, two_stacks

MESSAGES: Final = int(os.environ.get("MESSAGES") or 3000)
SEED: Final = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
_MANY: Final = 10_000  # messages after which every listed difference has been met
_PORT: Final = 8000
_SHOWN: Final = 12
# Correlation ids, sealed cursors and states, and the seconds until a token expires.
_VOLATILE: Final = re.compile(
    r"\b[0-9a-f]{12}\b|(?<=next_cursor\":\")[^\"]+|(?<=next_cursor\\\":\\\")[^\"\\]+|(?<=requestState\":\")[^\"]+"
)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of crashes on purpose need no log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("quiet")
async def test_both_stacks_answer_alike(issuer: RunningIssuer) -> None:
    service = compared_app(**at(_PORT, issuer.url))
    token = issuer.mint(f"http://127.0.0.1:{_PORT}/mcp", scopes=[READ])
    credential = ("Authorization", f"Bearer {token}")
    requests = Requests(random.Random(SEED), (("Host", f"127.0.0.1:{_PORT}"), credential))
    comparison = Comparison()
    print(f"SEED={SEED} MESSAGES={MESSAGES}")
    async with two_stacks(service, credential) as stacks:
        for _ in range(MESSAGES):
            await comparison.compare(stacks, requests.draw())
    print(comparison.table())
    if comparison.unexplained:
        pytest.fail(comparison.report(), pytrace=False)
    if MESSAGES >= _MANY and (unmet := comparison.unmet()):
        pytest.fail(f"listed, but not met in {MESSAGES} messages: {unmet}; SEED={SEED}", pytrace=False)


class Comparison:
    """What was compared so far."""

    def __init__(self) -> None:
        self.met = Counter[str]()
        self.statuses = Counter[int]()
        self.unexplained: dict[str, tuple[Sent, Answer, Answer]] = {}

    async def compare(self, stacks: TwoStacks, sent: Sent) -> None:
        """Send one request to both stacks."""
        ours, sdk = await stacks.answers(sent)
        self.statuses[ours.status] += 1
        expected = await self._expected(stacks, Case(sent), sdk)
        if _comparable(ours, expected) != _comparable(expected, expected):
            signature = _signature(sent, ours, expected)
            known = self.unexplained.get(signature)
            if known is None or _size(sent) < _size(known[0]):  # the smallest says most
                self.unexplained[signature] = (sent, ours, expected)

    async def _expected(self, stacks: TwoStacks, case: Case, sdk: Answer) -> Answer:
        """What our stack should answer, by the SDK's answer and the listed differences."""
        for refusal in REFUSALS:
            if refusal.applies(case):
                refused = refusal.answer(case)
                self.met[refusal.name] += _comparable(sdk, refused) != _comparable(refused, refused)
                return refused
        for reading in READINGS:
            if (other := reading.read_as(case)) is not None:
                case = Case(other)
                read, sdk = sdk, await answer(stacks.sdk, other)
                self.met[reading.name] += _comparable(read, sdk) != _comparable(sdk, sdk)
        for form in FORMS:
            if (reformed := form.reform(case, sdk)) is not None:
                self.met[form.name] += 1
                sdk = reformed
        return sdk

    def unmet(self) -> list[str]:
        """The listed differences that no message showed."""
        return [entry.name for entry in (*REFUSALS, *READINGS, *FORMS) if not self.met[entry.name]]

    def table(self) -> str:
        """How often each listed difference was met, and what our stack answered."""
        rows = [f"{count:6}  {name}" for name, count in self.met.most_common() if count]
        return "\n".join([*rows, f"statuses: {dict(sorted(self.statuses.items()))}"])

    def report(self) -> str:
        """The unexplained differences: of each kind the smallest message, and both answers."""
        found = sorted(self.unexplained.items(), key=lambda item: _size(item[1][0]))
        parts = [f"{len(found)} kinds of unexplained differences; repeat with SEED={SEED} MESSAGES={MESSAGES}"]
        for _, (sent, ours, expected) in found[:_SHOWN]:
            headers = {name: value for name, value in sent.headers if name not in ("Host", "Authorization")}
            parts.append(
                f"{sent.method} {sent.path} {headers}\n  {sent.body[:600]!r}\n"
                f"  ours:     {_text(ours)}\n  expected: {_text(expected)}"
            )
        return "\n\n".join(parts)


def _comparable(answer: Answer, expected: Answer) -> tuple[Any, ...]:
    """An answer without what differs from one call to the next, or need not be equal."""
    messages = [
        _without_words(message, wanted) for message, wanted in zip(answer.messages, expected.messages, strict=False)
    ]
    text = json.dumps(messages, sort_keys=True, separators=(",", ":"))
    return answer.status, answer.media_type, len(answer.messages), _VOLATILE.sub("…", text)


def _without_words(message: Any, wanted: Any) -> Any:
    """The message, with `WORDS` in place of every text where they are expected."""
    if wanted == WORDS and isinstance(message, str) and message:
        return WORDS
    if isinstance(message, dict) and isinstance(wanted, dict):
        return {name: _without_words(value, wanted.get(name)) for name, value in message.items()}
    return message


def _signature(sent: Sent, ours: Answer, expected: Answer) -> str:
    return str((sent.method, sent.path, _kind(ours), _kind(expected), Case(sent).is_legacy))


def _kind(answer: Answer) -> tuple[Any, ...]:
    last = answer.messages[-1] if answer.messages else None
    error = last.get("error") if isinstance(last, dict) else None
    return answer.status, answer.media_type, error.get("code") if isinstance(error, dict) else error, type(last)


def _size(sent: Sent) -> int:
    return len(sent.body) + sum(len(value) for _, value in sent.headers)


def _text(answer: Answer) -> str:
    return f"{answer.status} {answer.media_type} {str(replace(answer, headers=()).messages)[:500]}"
