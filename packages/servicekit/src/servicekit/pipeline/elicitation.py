"""Elicitation: input from the client's user in the middle of a call (MCP 2026-07-28, multi round-trip requests).

The server holds no call open meanwhile: the call ends with input requests, and the client repeats it with the
responses. A method that elicits therefore runs again from its beginning, and `elicit` returns earlier responses at
once. Responses of earlier rounds travel through the client as a token sealed for this caller, operation and arguments.
Only operations that read may elicit; a write has a preview to confirm instead.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from servicekit.core.caller import Caller
from servicekit.core.errors import CallError
from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.pipeline.request import InputRequest, RequestInfo
from servicekit.schema.json_schema import Schema, advertised_input

Form = TypeVar("Form", bound=BaseModel)

LIFETIME: Final = 600
"""Seconds within which a response is accepted."""
_SIMPLE: Final = frozenset({"string", "number", "integer", "boolean"})


class InputRequired(CallError):
    """The call ends here; the client repeats it with responses to `input_requests` and with `state`."""

    outcome = "input_required"

    def __init__(self, input_requests: Mapping[str, InputRequest], state: str) -> None:
        super().__init__(", ".join(input_requests))
        self.input_requests = input_requests
        self.state = state


class InvalidRequestState(CallError):
    """The requestState that came with input responses cannot be used."""

    outcome = "invalid_request_state"

    def __init__(self) -> None:
        super().__init__(
            "The requestState is not valid here: altered, for another call, or older than ten minutes. Call again "
            "without it."
        )


class CapabilityMissing(CallError):
    """The client did not declare the capability for an input request, or its revision has no input requests."""

    outcome = "capability_missing"

    def __init__(self, capability: str) -> None:
        super().__init__(
            f"This call needs input from your client's user, and your client does not declare {capability} with its "
            "requests (MCP 2026-07-28). If the tool has an argument for it, send that."
        )
        self.capability = capability

    @property
    def meta(self) -> dict[str, Any]:
        """The missing capability, as the protocol writes it."""
        return {"requiredCapabilities": {self.capability: {}}}


async def elicit(name: str, message: str, form: type[Form]) -> Form | None:
    """Ask the client's user to fill in a form; None where they decline.

    Elicit before slow work: the method runs again from its beginning when the response is there.

    Args:
        name: the request's name, the same each time this line is reached.
        message: the question, in a sentence; never text from outside.
        form: a flat model of strings, numbers and booleans. A response that does not fit is requested again.
    """
    request = form_request(message, _form_schema(form))
    elicitation = _elicitation()
    response = elicitation.responses.get(name, {})
    if response.get("action") in ("decline", "cancel"):
        return None
    try:
        return form.model_validate_json(to_json(response.get("content")), strict=True)
    except ValidationError:
        elicitation.responses.pop(name, None)
        raise elicitation.require({name: request}) from None


async def request_input(requests: Mapping[str, InputRequest]) -> Mapping[str, Mapping[str, Any]]:
    """The client's responses to several requests at once, by name, unchecked, in the protocol's form.

    Raises:
        RuntimeError: outside a call, and in one that writes.
    """
    elicitation = _elicitation()
    missing = {name: request for name, request in requests.items() if name not in elicitation.responses}
    if missing:
        raise elicitation.require(missing)
    return {name: elicitation.responses[name] for name in requests}


def client_supports(capability: str = "elicitation") -> bool:
    """Whether the client of the call in progress answers such requests, for a method that can do without."""
    elicitation = _current.get()
    return elicitation is not None and capability in elicitation.input_capabilities


def form_request(message: str, schema: Mapping[str, Any]) -> InputRequest:
    """The request to show a form to the user."""
    params = {"mode": "form", "message": message, "requestedSchema": schema}
    return InputRequest("elicitation/create", params, "elicitation")


class Elicitations:
    """Opens and seals the input responses in the calls of one server."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._sealer = TokenSealer(keys, "answers")

    def continued(self, label: str, arguments: Mapping[str, Any], caller: Caller, request: RequestInfo) -> "_Continued":
        """Let a block elicit, with the responses of earlier rounds.

        Args:
            label: the operation; the token is bound to it and to these arguments.
            request: the client's capabilities, its responses, and the token of earlier rounds.

        Raises:
            InvalidRequestState: the token cannot be used.
        """
        context = _Context(label, arguments, caller)
        earlier = self._opened(request.state, context) if request.state is not None else {}
        responses = {**earlier, **request.input_responses}
        return _Continued(_Elicitation(self._sealer, context, request.input_capabilities, responses))

    def _opened(self, state: str, context: "_Context") -> dict[str, Any]:
        try:
            content = json.loads(self._sealer.open(state, context.encoded()))
        except InvalidToken:
            raise InvalidRequestState from None
        if content["expires"] < time.time():
            raise InvalidRequestState
        responses: dict[str, Any] = content["answers"]
        return responses


@dataclass(slots=True)
class _Context:
    """What a token is bound to. Encoded only where there is a token, since most calls never elicit."""

    label: str
    arguments: Mapping[str, Any]
    caller: Caller

    def encoded(self) -> bytes:
        caller = self.caller
        return to_json([caller.tenant, caller.subject, caller.client_id, self.label, self.arguments])


@dataclass(slots=True)
class _Elicitation:
    """The responses of the call in progress."""

    sealer: TokenSealer
    context: "_Context"
    input_capabilities: frozenset[str]
    responses: dict[str, Any]

    def require(self, requests: Mapping[str, InputRequest]) -> CallError:
        """The exception that ends the call: the requests, or the capability that the client lacks."""
        for request in requests.values():
            if request.capability not in self.input_capabilities:
                return CapabilityMissing(request.capability)
        content = {"answers": self.responses, "expires": time.time() + LIFETIME}
        return InputRequired(requests, self.sealer.seal(to_json(content), self.context.encoded()))


class _Continued:
    """The block in which a call may elicit."""

    __slots__ = ("_elicitation", "_token")

    def __init__(self, elicitation: _Elicitation) -> None:
        self._elicitation = elicitation

    def __enter__(self) -> None:
        self._token = _current.set(self._elicitation)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


_current: ContextVar[_Elicitation | None] = ContextVar("elicitation", default=None)


def _elicitation() -> _Elicitation:
    elicitation = _current.get()
    if elicitation is None:
        raise RuntimeError("only a call that reads can elicit")
    return elicitation


@cache
def _form_schema(form: type[BaseModel]) -> Schema:
    schema = advertised_input(form.model_json_schema())
    del schema["additionalProperties"]
    for name, field in schema["properties"].items():
        if field.get("type") not in _SIMPLE:
            raise TypeError(f"{form.__name__}.{name}: a form has strings, numbers and booleans only")
    return schema
