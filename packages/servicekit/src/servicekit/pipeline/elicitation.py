"""Elicitation: input from the client's user in the middle of a call (MCP 2026-07-28, multi round-trip requests).

The server holds no call open meanwhile: the call ends with input requests, and the client repeats it with the
responses. A method that elicits therefore runs again from its beginning, and `elicit` returns earlier responses at
once. Responses of earlier rounds travel through the client as a token sealed for this caller, operation and arguments.
Only operations that read may elicit; a write has a preview to confirm instead.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from servicekit.core.caller import Caller
from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.pipeline.request import InputRequest, RequestInfo
from servicekit.schema.json_schema import Schema, advertised_input

Form = TypeVar("Form", bound=BaseModel)

LIFETIME: Final = 600
"""Seconds within which an answer is taken."""
_SIMPLE: Final = frozenset({"string", "number", "integer", "boolean"})


class InputRequired(Exception):
    """The call ends here: the client is to come back with answers."""

    def __init__(self, questions: Mapping[str, InputRequest], state: str) -> None:
        super().__init__(", ".join(questions))
        self.questions = questions
        self.state = state


class InvalidRequestState(Exception):
    """The state that came with answers is altered, for another caller or call, or too old."""


class CapabilityMissing(Exception):
    """The client has not declared what it takes to ask it, or speaks a revision in which a stateless server cannot."""

    def __init__(self, capability: str) -> None:
        super().__init__(
            f"Your client has to be asked something first, and cannot be: that takes {capability}, declared with each "
            "request (MCP 2026-07-28). If there is an argument for it, send that."
        )
        self.capability = capability


async def elicit(name: str, message: str, form: type[Form]) -> Form | None:
    """Have the person behind the client fill in a form; None where they would not.

    Ask before anything that takes long: the method runs again from its beginning once they have answered.

    Args:
        name: the question's name, the same each time this line is reached.
        message: what to ask, in a sentence; never text that somebody outside wrote.
        form: a flat model of strings, numbers and booleans; what does not fit it is asked for again.
    """
    question = form_request(message, _form_schema(form))
    conversation = _conversation()
    answer = conversation.answers.get(name, {})
    if answer.get("action") in ("decline", "cancel"):
        return None
    try:
        return form.model_validate_json(to_json(answer.get("content")), strict=True)
    except ValidationError:
        conversation.answers.pop(name, None)
        raise conversation.asking({name: question}) from None


async def request_input(questions: Mapping[str, InputRequest]) -> Mapping[str, Mapping[str, Any]]:
    """The client's answers to several questions at once, by name, as the protocol writes them. They are unchecked.

    Raises:
        RuntimeError: outside a call, and in one that writes.
    """
    conversation = _conversation()
    unanswered = {name: question for name, question in questions.items() if name not in conversation.answers}
    if unanswered:
        raise conversation.asking(unanswered)
    return {name: conversation.answers[name] for name in questions}


def client_supports(capability: str = "elicitation") -> bool:
    """Whether the client of the call in progress takes such questions, for a method that can do without."""
    conversation = _current.get()
    return conversation is not None and capability in conversation.input_capabilities


def form_request(message: str, schema: Mapping[str, Any]) -> InputRequest:
    """A form for a person to fill in."""
    params = {"mode": "form", "message": message, "requestedSchema": schema}
    return InputRequest("elicitation/create", params, "elicitation")


class Elicitations:
    """Opens and seals what was answered in the calls of one server."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._sealer = TokenSealer(keys, "answers")

    @contextmanager
    def continued(
        self, label: str, arguments: Mapping[str, Any], caller: Caller, request: RequestInfo
    ) -> Iterator[None]:
        """Let the block ask.

        Args:
            label: the operation, whose call with these arguments the conversation is about.
            request: says what the client can be asked for, and brings what it answered.

        Raises:
            StaleAnswers: the state is not good here.
        """
        context = _Context(label, arguments, caller)
        earlier = self._opened(request.state, context) if request.state is not None else {}
        answers = {**earlier, **request.answers}
        token = _current.set(_Conversation(self._sealer, context, request.input_capabilities, answers))
        try:
            yield
        finally:
            _current.reset(token)

    def _opened(self, state: str, context: "_Context") -> dict[str, Any]:
        try:
            content = json.loads(self._sealer.open(state, context.encoded()))
        except InvalidToken:
            raise InvalidRequestState from None
        if content["expires"] < time.time():
            raise InvalidRequestState
        answers: dict[str, Any] = content["answers"]
        return answers


@dataclass(frozen=True, slots=True)
class _Context:
    """What a state is bound to; encoded only where there is a state, since most calls never ask."""

    label: str
    arguments: Mapping[str, Any]
    caller: Caller

    def encoded(self) -> bytes:
        who = self.caller
        return to_json([who.tenant, who.subject, who.client_id, self.label, self.arguments])


@dataclass(frozen=True, slots=True)
class _Conversation:
    sealer: TokenSealer
    context: "_Context"
    input_capabilities: frozenset[str]
    answers: dict[str, Any]

    def asking(self, questions: Mapping[str, InputRequest]) -> Exception:
        """What ends the call: the questions, or why they cannot be asked."""
        for question in questions.values():
            if question.capability not in self.input_capabilities:
                return CapabilityMissing(question.capability)
        content = {"answers": self.answers, "expires": time.time() + LIFETIME}
        return InputRequired(questions, self.sealer.seal(to_json(content), self.context.encoded()))


_current: ContextVar[_Conversation | None] = ContextVar("conversation", default=None)


def _conversation() -> _Conversation:
    conversation = _current.get()
    if conversation is None:
        raise RuntimeError("nobody can be asked here: only a call that reads may ask")
    return conversation


@cache
def _form_schema(form: type[BaseModel]) -> Schema:
    schema = advertised_input(form.model_json_schema())
    del schema["additionalProperties"]
    for name, field in schema["properties"].items():
        if field.get("type") not in _SIMPLE:
            raise TypeError(f"{form.__name__}.{name}: a form has strings, numbers and booleans only")
    return schema
