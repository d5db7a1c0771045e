"""Argument validation from a method's signature: strict types, after conversions whose meaning is certain.

Arguments are validated as they were sent. Only where that fails, or where an empty value may mean an absent one, they
are read by their kinds (`servicekit.schema.kinds`) and validated again. A right call pays for one validation.
"""

import inspect
import keyword
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, create_model
from pydantic_core import PydanticSerializationError, to_json

from servicekit.core.errors import CallError
from servicekit.core.off_loop import off_loop
from servicekit.schema.conversions import holds_empty
from servicekit.schema.json_schema import advertised_input
from servicekit.schema.kinds import Reading
from servicekit.schema.members import Members
from servicekit.schema.pagination import CursorKey
from servicekit.schema.slim_schema import Schema
from servicekit.schema.suggestions import shown_name
from servicekit.schema.untrusted import may_have_marks, without_marks
from servicekit.schema.wording import explained, refusal

Method = Callable[..., Awaitable[Any]]

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

_Cursor = Annotated[str, Field(max_length=4096), WithJsonSchema({"type": "string"})]
CURSOR = Annotated[_Cursor | None, Field(description="From next_cursor.")]


class InvalidArguments(CallError):
    """Arguments break the schema. The text names each argument and rule, never a value."""

    outcome = "invalid_arguments"


Parsed = tuple[dict[str, Any], list[str], Mapping[str, Any]]
"""Valid arguments: the method's keyword arguments, sentences that say what was understood differently from what was
sent, and the arguments as JSON values, as they were understood."""


class Arguments:
    """Validates the arguments of one operation.

    Args:
        method: an async method with annotated parameters, passed by name. A parameter `from_` takes the argument
            `from`, since that is a keyword of Python (PEP 8).
        extra: arguments for the pipeline itself, as ``{name: (type, default)}``.

    Attributes:
        schema: the JSON Schema to advertise.
        kinds: the kind of each argument.
        cursor: the name of the parameter that takes a `CursorKey`, or None.
        defaults: of the arguments that can be left out.
    """

    def __init__(self, method: Method, extra: Mapping[str, tuple[Any, Any]] | None = None) -> None:
        fields: dict[str, Any] = {}
        self.cursor: str | None = None
        self._keywords: dict[str, str] = {}
        for parameter in inspect.signature(method, eval_str=True).parameters.values():
            if parameter.annotation is parameter.empty:
                raise TypeError(f"{method.__qualname__}: parameter {parameter.name} has no type")
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise TypeError(f"{method.__qualname__}: parameter {parameter.name} cannot be passed by name")
            annotation = parameter.annotation
            if _is_cursor_key(annotation):
                self.cursor, annotation = parameter.name, CURSOR
            if keyword.iskeyword(name := parameter.name.removesuffix("_")):
                self._keywords[name] = parameter.name
            else:
                name = parameter.name
            fields[name] = (annotation, ... if parameter.default is parameter.empty else parameter.default)
        if taken := fields.keys() & (extra or {}).keys():
            raise TypeError(f"{method.__qualname__}: rename {', '.join(taken)}, a name reserved for the pipeline")
        fields.update(extra or {})
        self._model: type[BaseModel] = create_model(f"{method.__name__}_arguments", __config__=STRICT, **fields)
        self._validate_json = self._model.__pydantic_validator__.validate_json
        self.names = tuple(fields)
        self.defaults = {name: default for name, (_, default) in fields.items() if default is not ...}
        self.kinds = Members(self._model)
        self.schema: Schema = advertised_input(self._model.model_json_schema())

    def parse(self, raw: Mapping[str, Any]) -> Parsed:
        """Validate `raw`.

        Validates JSON text, in which a date is a string and a number must be a number.

        Raises:
            InvalidArguments: names every problem in `raw`.
        """
        return self._parse(raw, plain_json(raw))

    async def parsed(self, raw: Mapping[str, Any]) -> Parsed:
        """`parse`, of long arguments in a thread: to read half a million names takes half a second."""
        encoded = plain_json(raw)
        return await off_loop(len(encoded), self._parse, raw, encoded)

    def _parse(self, raw: Mapping[str, Any], encoded: bytes) -> Parsed:
        notices: list[str] = []
        if may_have_marks(encoded):
            raw, notices = without_marks(self.kinds.opened(raw))
            encoded = plain_json(raw)
        if not (self.kinds.drops and holds_empty(raw)):
            try:
                return self._named(self._validate_json(encoded, strict=True)), notices, raw
            except ValidationError:
                pass
        return self._understood(raw, notices)

    def _understood(self, raw: Mapping[str, Any], notices: list[str]) -> Parsed:
        """Convert what is certain, and validate the result."""
        reading = Reading(notices)
        given: Mapping[str, Any] = self.kinds.read(raw, "", reading)
        if reading.problems:
            raise InvalidArguments(refusal(reading.problems))
        try:
            validated = self._validate_json(plain_json(given), strict=True)
        except ValidationError as error:
            raise InvalidArguments(explained(error, self.kinds, given)) from None
        return self._named(validated), reading.notices, given

    def _named(self, validated: BaseModel) -> dict[str, Any]:
        """The arguments by the names of the method's parameters."""
        values = dict(validated.__dict__)
        for name, parameter in self._keywords.items():
            values[parameter] = values.pop(name)
        return values


def plain_json(raw: Mapping[str, Any]) -> bytes:
    """Arguments as JSON text.

    Raises:
        InvalidArguments: they are not JSON, or hold U+0000.
    """
    try:
        encoded = to_json(raw, inf_nan_mode="constants")
    except (PydanticSerializationError, RecursionError, UnicodeEncodeError):
        raise InvalidArguments(
            "The arguments are not plain JSON (RFC 7493). Send text, numbers, lists and objects."
        ) from None
    if b"\\" in encoded and b"\\u0000" in encoded:
        _refuse_nul(raw)
    return encoded


def _refuse_nul(raw: Mapping[str, Any]) -> None:
    """JSON allows U+0000; database text, paths and URLs do not."""
    names = [shown_name(name) for name, value in raw.items() if _has_nul(name) or _has_nul(value)]
    if names:
        raise InvalidArguments(refusal([f"{name}: must not contain the character U+0000." for name in names]))


def _has_nul(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return any(map(_has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


def _is_cursor_key(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation is CursorKey or CursorKey in get_args(annotation)
