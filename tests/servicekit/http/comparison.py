"""Compares the answers of both stacks to one request after another, and counts the listed differences."""

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any, Final

from mcp_types import DEFAULT_NEGOTIATED_VERSION
from mcp_types.methods import CLIENT_REQUESTS

from .known_differences import FORMS, READINGS, REFUSALS, WORDS, Case
from .two_stacks import Answer, Sent, TwoStacks, answer

_SHOWN: Final = 12
# Correlation ids, sealed cursors, and sealed states.
_VOLATILE: Final = re.compile(
    r"\b[0-9a-f]{12}\b|(?<=next_cursor\":\")[^\"]+|(?<=next_cursor\\\":\\\")[^\"\\]+|(?<=requestState\":\")[^\"]+"
)
_UNSERVED: Final = {"logging/setLevel", "resources/subscribe", "resources/unsubscribe", "subscriptions/listen"}
_SERVED: Final = {
    f"{method} at {stated}"
    for method, version in CLIENT_REQUESTS
    for stated in (version, *(("no version",) if version == DEFAULT_NEGOTIATED_VERSION else ()))
    if method not in _UNSERVED
}


class Comparison:
    """What was compared so far."""

    def __init__(self) -> None:
        self.met = Counter[str]()
        self.statuses = Counter[int]()
        self.succeeded = set[str]()
        self.unexplained: dict[str, tuple[Sent, Answer, Answer]] = {}

    async def compare(self, stacks: TwoStacks, sent: Sent) -> None:
        """Send one request to both stacks."""
        ours, sdk = await stacks.answers(sent)
        self.statuses[ours.status] += 1
        if ours.messages and isinstance(ours.messages[-1], dict) and "result" in ours.messages[-1]:
            version = sent.header("MCP-Protocol-Version") or "no version"
            self.succeeded.add(f"{Case(sent).message.get('method')} at {version}")
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
        """The listed differences that no message showed, and the methods that had no result in a revision."""
        differences = [entry.name for entry in (*REFUSALS, *READINGS, *FORMS) if not self.met[entry.name]]
        return [*differences, *sorted(_SERVED - self.succeeded)]

    def table(self) -> str:
        """How often each listed difference was met, and what our stack answered."""
        rows = [f"{count:6}  {name}" for name, count in self.met.most_common() if count]
        return "\n".join([*rows, f"statuses: {dict(sorted(self.statuses.items()))}"])

    def report(self) -> str:
        """The unexplained differences: of each kind the smallest message, and both answers."""
        found = sorted(self.unexplained.items(), key=lambda item: _size(item[1][0]))
        parts = [f"{len(found)} kinds of unexplained differences"]
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
