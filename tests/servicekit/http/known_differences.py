"""The answers that differ from the MCP SDK's own stack. Each entry is a decision, with its reason.

What our stack should answer follows from the SDK's answer in three steps: requests that it refuses itself, in the order
of its checks; requests that it reads as if they were others; answers that it gives in another form.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from servicekit.core.strict_json import NotStrictJson, parse

from .two_stacks import Answer, Sent

WORDS: Final = "(words)"
"""Stands for any message text of a refusal: other tests check the words."""
_PLAIN_METHOD: Final = re.compile(r"[A-Za-z0-9_./\-]{1,128}")
_NEEDS_WRITE: Final = {("tools/call", "name"): "add_book", ("resources/read", "uri"): "books://secret-rules"}


@dataclass(frozen=True)
class Case:
    """One request, as the predicates look at it."""

    sent: Sent

    @property
    def is_legacy(self) -> bool:
        """Whether the request is of a handshake revision; the header decides."""
        version = self.sent.header("MCP-Protocol-Version")
        return version is None or version in HANDSHAKE_PROTOCOL_VERSIONS

    @property
    def media_type(self) -> str:
        """The media type of the body as sent, without parameters."""
        return (self.sent.header("Content-Type") or "").partition(";")[0].strip()

    @cached_property
    def value(self) -> Any:
        """The JSON value of the body; `NotStrictJson` where it has none."""
        try:
            return parse(self.sent.body)
        except NotStrictJson:
            return NotStrictJson

    @property
    def message(self) -> Mapping[str, Any]:
        """The JSON object of the body; empty where it is none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters; empty where they are no object."""
        params = self.message.get("params")
        return params if isinstance(params, dict) else {}


@dataclass(frozen=True)
class Refusal:
    """A request that our stack answers with an error of its own. `code` is None for an OAuth error."""

    name: str
    reason: str
    applies: Callable[[Case], bool]
    status: int
    code: int | None = -32600
    keeps_id: bool = False

    def answer(self, case: Case) -> Answer:
        """What our stack answers."""
        if self.code is None:
            return Answer(self.status, "application/json", ({"error": WORDS, "error_description": WORDS},))
        request_id = case.message.get("id") if self.keeps_id else None
        error = {"code": self.code, "message": WORDS}
        return Answer(self.status, "application/json", ({"jsonrpc": "2.0", "id": request_id, "error": error},))


@dataclass(frozen=True)
class Reading:
    """A request that our stack answers as the SDK answers another one."""

    name: str
    reason: str
    read_as: Callable[[Case], Sent | None]


@dataclass(frozen=True)
class Form:
    """An answer that our stack gives in another form than the SDK."""

    name: str
    reason: str
    reform: Callable[[Case, Answer, Answer], Answer | None]
    """Takes our answer and the SDK's; None where the SDK's form is expected."""


def _is_bad_id(message: Mapping[str, Any]) -> bool:
    given = message.get("id", 0)
    return not isinstance(given, str | int) or isinstance(given, bool)


def _has_method(case: Case) -> bool:
    return "method" in case.message


def _needs_write(case: Case) -> bool:
    return any(
        case.message.get("method") == method and case.params.get(key) == name
        for (method, key), name in _NEEDS_WRITE.items()
    )


REFUSALS: Final = (
    Refusal("method is not POST", "This server keeps no sessions and opens no GET streams.",
            lambda case: case.sent.method != "POST", 405),
    Refusal("media type is not JSON", "RFC 9110 §15.5.16: 415 names the problem; 400 in plain text does not.",
            lambda case: case.media_type.lower() != "application/json", 415),
    Refusal("body is not strict JSON", "Parsers read duplicate keys, NaN, UTF-16 and lone surrogates in different ways.",
            lambda case: case.value is NotStrictJson, 400, -32700),
    Refusal("body is no object", "MCP has no batches; a batch would pass checks made for one message.",
            lambda case: not isinstance(case.value, dict), 400),
    Refusal("jsonrpc is not 2.0", "The code for an invalid request, in words and without the body's text.",
            lambda case: case.message.get("jsonrpc") != "2.0", 400),
    Refusal("id is no id", "A request with an unusable id is owed an error; the SDK takes it for a notification.",
            lambda case: _is_bad_id(case.message), 400),
    Refusal("method is no string", "The code for an invalid request, in words and without the body's text.",
            lambda case: _has_method(case) and not isinstance(case.message["method"], str), 400),
    Refusal("method is no plain name", "The SDK repeats an unknown method in its error, which models may read.",
            lambda case: _has_method(case) and _PLAIN_METHOD.fullmatch(case.message["method"]) is None, 400),
    Refusal("params are no object", "JSON-RPC 2.0 §4.2: params, where present, are a structured value.",
            lambda case: _has_method(case) and not isinstance(case.message.get("params", {}), dict), 400),
    Refusal("message has neither method nor result", "The code for an invalid request, in words.",
            lambda case: not {"method", "result", "error"} & case.message.keys(), 400),
    Refusal("scope is missing", "MCP authorization: step-up is HTTP 403 with a challenge that names the scopes.",
            _needs_write, 403, None),
)  # fmt: skip
"""In the order of the checks: the first that applies decides."""


def _in_lower_case(case: Case) -> Sent | None:
    if case.media_type == "application/json":
        return None
    headers = tuple(
        (name, "application/json" if name == "Content-Type" else value) for name, value in case.sent.headers
    )
    return replace(case.sent, headers=headers)


READINGS: Final = (
    Reading("media type in upper case", "RFC 9110 §8.3.1: media types are compared without case.", _in_lower_case),
)


def _without_exception_text(_: Case, __: Answer, answer: Answer) -> Answer | None:
    """The SDK's earlier eras answer an unexpected exception with its text, under code 0."""
    message = answer.messages[-1] if answer.messages else None
    if not isinstance(message, dict) or message.get("error", {}).get("code") != 0:
        return None
    error = {"code": -32603, "message": "Internal server error"}
    return replace(answer, messages=(*answer.messages[:-1], {**message, "error": error}))


def _as_json(case: Case, ours: Answer, answer: Answer) -> Answer | None:
    if not case.is_legacy or answer.media_type != "text/event-stream" or len(answer.messages) != 1:
        return None
    return replace(answer, media_type="application/json") if ours.media_type == "application/json" else None


FORMS: Final = (
    Form("one message is no stream", "MCP transports: a server may answer with JSON; it costs less.", _as_json),
    Form("unexpected exceptions", "Texts of exceptions may hold secrets; -32603 is the code.", _without_exception_text),
)
