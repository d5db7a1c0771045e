"""The answers that differ from the MCP SDK's own stack. Each entry is a decision, with its reason.

What our stack should answer follows from the SDK's answer in three steps: requests that it refuses itself, in the order
of its checks; requests that it reads as if they were others; answers that it gives in another form.
"""

import json
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
_LATER: Final = frozenset({"inputResponses", "requestState"})
_LONGEST_ID: Final = 256  # characters
_EXCLUDED: Final = re.compile(r"q=(0(\.0*)?|x)(;|$)", re.IGNORECASE)
_DENIED: Final = "This needs the scope "


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
    """A request that our stack answers with an error of its own, under its id if it has one."""

    name: str
    reason: str
    applies: Callable[[Case], bool]
    status: int
    code: int = -32600

    def answer(self, case: Case) -> Answer:
        """What our stack answers."""
        request_id = _id_of(case.message) if self.status == 400 else None  # the others come before the body
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
    reform: Callable[[Case, Answer], Answer | None]


def _id_of(message: Mapping[str, Any]) -> str | int | None:
    """The id of a message; None where it has none, or one that is no id."""
    given = message.get("id")
    is_id = isinstance(given, str | int) and not isinstance(given, bool) and len(str(given).lstrip("-")) <= _LONGEST_ID
    return given if is_id else None


def _has_method(case: Case) -> bool:
    return "method" in case.message


def _other_media_type(case: Case) -> bool:
    media_type, _, parameters = (case.sent.header("Content-Type") or "").lower().partition(";")
    charset = parameters.strip().removeprefix("charset=") if "charset" in parameters else "utf-8"
    encoding = case.sent.header("Content-Encoding") or "identity"
    return media_type.strip() != "application/json" or charset != "utf-8" or encoding != "identity"


def _accepts_one_at_most(case: Case) -> bool:
    weighed = [media_range.lower().partition(";") for media_range in _accept(case).split(",")]
    types = {name.strip() for name, _, weight in weighed if _EXCLUDED.search(weight) is None}
    return not all(
        types & {"*/*", one, one.partition("/")[0] + "/*"} for one in ("application/json", "text/event-stream")
    )


def _count(case: Case, name: str) -> int:
    return sum(known.lower() == name.lower() for known, _ in case.sent.headers)


def _accept(case: Case) -> str:
    return ", ".join(value for name, value in case.sent.headers if name == "Accept")


REFUSALS: Final = (
    Refusal("method is not POST", "This server keeps no sessions and opens no GET streams.",
            lambda case: case.sent.method != "POST", 405),
    Refusal("body is not JSON in UTF-8", "RFC 9110 §15.5.16: 415 names what to send; 400 in plain text does not.",
            _other_media_type, 415),
    Refusal("Accept excludes a format", "RFC 9110 §12.4.2: q=0 excludes a type; an empty 406 says nothing.",
            _accepts_one_at_most, 406),
    Refusal("body is not strict JSON", "Parsers disagree about duplicate keys, NaN, UTF-16 and lone surrogates.",
            lambda case: case.value is NotStrictJson, 400, -32700),
    Refusal("body is no object", "MCP has no batches; a batch would pass checks made for one message.",
            lambda case: not isinstance(case.value, dict), 400),
    Refusal("jsonrpc is not 2.0", "The code of an invalid request, and its id, without text of the body.",
            lambda case: case.message.get("jsonrpc") != "2.0", 400),
    Refusal("id is no id", "A request with an unusable id is owed an error; the SDK takes it for a notification.",
            lambda case: _id_of(case.message) is None and "id" in case.message, 400),
    Refusal("method is no string", "The code of an invalid request, and its id, without text of the body.",
            lambda case: _has_method(case) and not isinstance(case.message["method"], str), 400),
    Refusal("method is no plain name", "The SDK repeats an unknown method in its error, which models may read.",
            lambda case: _has_method(case) and _PLAIN_METHOD.fullmatch(case.message["method"]) is None, 400),
    Refusal("params are no object", "The code of an invalid request, and its id, without text of the body.",
            lambda case: _has_method(case) and not isinstance(case.message.get("params"), dict | None), 400),
    Refusal("message has neither method nor result", "The code of an invalid request, and its id.",
            lambda case: not {"method", "result", "error"} & case.message.keys(), 400),
    Refusal("two revisions in the head", "Readers would take either; the SDK refuses it in 2026-07-28 only.",
            lambda case: case.is_legacy and _has_method(case) and _count(case, "MCP-Protocol-Version") > 1,
            400, -32020),
)  # fmt: skip
"""In the order of the checks: the first that applies decides."""


def _in_lower_case(case: Case) -> Sent | None:
    if case.media_type == "application/json":
        return None
    return _with_header(case.sent, "Content-Type", "application/json")


def _with_one_accept(case: Case) -> Sent | None:
    joined = _accept(case)
    return None if joined == case.sent.header("Accept") else _with_header(case.sent, "Accept", joined)


def _without_later_members(case: Case) -> Sent | None:
    if not case.is_legacy or not _LATER & case.params.keys():
        return None
    params = {name: value for name, value in case.params.items() if name not in _LATER}
    return _with_params(case, params)


def _without_null_token(case: Case) -> Sent | None:
    meta = case.params.get("_meta")
    if not isinstance(meta, dict) or meta.get("progressToken", "") is not None:
        return None
    meta = {name: value for name, value in meta.items() if name != "progressToken"}
    return _with_params(case, {**case.params, "_meta": meta})


def _without_response_members(case: Case) -> Sent | None:
    if not _has_method(case) or case.message.keys().isdisjoint(("result", "error")):
        return None
    message = {name: value for name, value in case.message.items() if name not in ("result", "error")}
    return replace(case.sent, body=json.dumps(message).encode())


def _with_params(case: Case, params: Mapping[str, Any]) -> Sent:
    return replace(case.sent, body=json.dumps({**case.message, "params": params}).encode())


def _with_header(sent: Sent, name: str, value: str) -> Sent:
    headers = [(known, given) for known, given in sent.headers if known != name]
    return replace(sent, headers=(*headers, (name, value)))


READINGS: Final = (
    Reading("media type in upper case", "RFC 9110 §8.3.1: media types are compared without case.", _in_lower_case),
    Reading("Accept in several fields", "RFC 9110 §5.3: repeated fields of a list are one list.", _with_one_accept),
    Reading("members of 2026-07-28 before it", "Earlier revisions have no input responses, whatever they hold.",
            _without_later_members),
    Reading("request with members of a response", "A message with a method is a request; others are ignored members.",
            _without_response_members),
    Reading("null for a progress token", "It asks for no progress; the SDK refuses it after it has validated it.",
            _without_null_token),
)  # fmt: skip


def _as_json(case: Case, answer: Answer) -> Answer | None:
    if not case.is_legacy or answer.media_type != "text/event-stream" or len(answer.messages) != 1:
        return None
    return replace(answer, media_type="application/json")


def _accepted(case: Case, answer: Answer) -> Answer | None:
    """An invalid response of a client: the server sends no requests, and reads no responses."""
    if not case.is_legacy or _has_method(case) or answer.status == 202:
        return None
    return Answer(202, "", ())


def _refused_in_words(case: Case, answer: Answer) -> Answer | None:
    if case.is_legacy or _has_method(case):
        return None
    return replace(answer, messages=({**answer.messages[0], "error": {"code": -32600, "message": WORDS}},))


def _challenge(_: Case, answer: Answer) -> Answer | None:
    """The pipeline's denial, which the SDK delivers as a result or an error of its own."""
    message = answer.messages[-1] if answer.messages and isinstance(answer.messages[-1], dict) else {}
    error, result = message.get("error", {}), message.get("result", {})
    texts = [error.get("message", ""), *(block.get("text", "") for block in result.get("content", ()))]
    if not texts[0].startswith(_DENIED) and not (result.get("isError") and texts[1].startswith(_DENIED)):
        return None
    return Answer(403, "application/json", ({"error": "insufficient_scope", "error_description": WORDS},))


def _no_changes(_: Case, answer: Answer) -> Answer | None:
    """A server without a change feed, which says what to do instead."""
    message = answer.messages[-1] if answer.messages and isinstance(answer.messages[-1], dict) else {}
    error = message.get("error")
    if not isinstance(error, dict) or (error.get("code"), error.get("data")) != (-32601, "subscriptions/listen"):
        return None
    return replace(answer, messages=(*answer.messages[:-1], {**message, "error": {**error, "message": WORDS}}))


FORMS: Final = (
    Form("one message is no stream", "MCP transports: a server may answer with JSON; it costs less.", _as_json),
    Form("scope is missing", "MCP authorization: step-up is HTTP 403 with a challenge that names scopes.", _challenge),
    Form("response of a client", "It belongs to no request, so that nothing in it matters.", _accepted),
    Form("no subscriptions", "The words say what to do instead; the code is the SDK's.", _no_changes),
    Form("response in 2026-07-28", "The words name the mistake; the code is the SDK's.", _refused_in_words),
)
