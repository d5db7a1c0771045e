"""Argument validation from a method's signature: strict types, and errors without values."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticSerializationError, to_json

from servicekit.core.errors import CallError
from servicekit.schema.json_schema import Schema, advertised_input
from servicekit.schema.pagination import CursorKey
from servicekit.schema.untrusted import may_have_marks, without_marks

Method = Callable[..., Awaitable[Any]]

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_SHOWN_PROBLEMS = 10
# Messages in place of those in which pydantic quotes the input.
_MESSAGES = {
    "uuid_parsing": "must be a UUID",
    "date_from_datetime_parsing": "must be a date, YYYY-MM-DD",
    "date_parsing": "must be a date, YYYY-MM-DD",
    "date_type": "must be a date, YYYY-MM-DD",
    "date_from_datetime_inexact": "must be a date, YYYY-MM-DD, without a time",
    "datetime_parsing": "must be a date and time, YYYY-MM-DDThh:mm:ssZ",
    "datetime_from_date_parsing": "must be a date and time, YYYY-MM-DDThh:mm:ssZ",
    "datetime_type": "must be a date and time, YYYY-MM-DDThh:mm:ssZ",
    "timezone_aware": "must name its time zone, as in 2026-01-31T12:00:00Z",
    "url_parsing": "must be a URL",
    "enum": "is not one of the allowed values",
    "string_unicode": "must be valid Unicode text",
    "decimal_parsing": "must be a decimal number",
    "time_parsing": "must be a time, hh:mm:ss",
    "missing": "is required",
    "union_tag_invalid": "is not one of the allowed kinds",
}

CURSOR = Annotated[str | None, Field(max_length=4096, description="next_cursor of the previous page.")]


class InvalidArguments(CallError):
    """Arguments break the schema. The text names each argument and rule, never a value."""

    outcome = "invalid_arguments"


class Arguments:
    """Validates the arguments of one operation.

    Args:
        method: an async method with annotated parameters, passed by name.
        extra: arguments for the pipeline itself, as ``{name: (type, default)}``.

    Attributes:
        schema: the JSON Schema to advertise.
        cursor: the name of the parameter that takes a `CursorKey`, or None.
    """

    def __init__(self, method: Method, extra: Mapping[str, tuple[Any, Any]] | None = None) -> None:
        fields: dict[str, Any] = {}
        self.cursor: str | None = None
        for parameter in inspect.signature(method, eval_str=True).parameters.values():
            if parameter.annotation is parameter.empty:
                raise TypeError(f"{method.__qualname__}: parameter {parameter.name} has no type")
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise TypeError(f"{method.__qualname__}: parameter {parameter.name} cannot be passed by name")
            annotation = parameter.annotation
            if _is_cursor_key(annotation):
                self.cursor, annotation = parameter.name, CURSOR
            fields[parameter.name] = (annotation, ... if parameter.default is parameter.empty else parameter.default)
        if taken := fields.keys() & (extra or {}).keys():
            raise TypeError(f"{method.__qualname__}: rename {', '.join(taken)}, a name reserved for the pipeline")
        fields.update(extra or {})
        self._model: type[BaseModel] = create_model(f"{method.__name__}_arguments", __config__=_STRICT, **fields)
        self._validate_json = self._model.__pydantic_validator__.validate_json
        self.names = tuple(fields)
        self.schema: Schema = advertised_input(self._model.model_json_schema())

    def parse(self, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Validate `raw`. Returns the method's keyword arguments, and notices of what was changed in them.

        Validates JSON text, in which a date is a string and a number must be a number.

        Raises:
            InvalidArguments: names every problem in `raw`.
        """
        try:
            notices: list[str] = []
            encoded = to_json(raw, inf_nan_mode="constants")
            if may_have_marks(encoded):
                raw, notices = without_marks(raw)
                encoded = to_json(raw, inf_nan_mode="constants")
            if b"\\u0000" in encoded:
                _refuse_nul(raw)
            parsed = self._validate_json(encoded)
        except ValidationError as error:
            raise InvalidArguments(self._explain(error)) from None
        except (PydanticSerializationError, RecursionError, UnicodeEncodeError):
            raise InvalidArguments(
                "The arguments are not plain JSON (RFC 7493). Send text, numbers, lists and objects."
            ) from None
        return dict(parsed.__dict__), notices

    def _explain(self, error: ValidationError) -> str:
        problems = error.errors(include_input=False, include_url=False)
        lines = [self._line(problem) for problem in problems[:_SHOWN_PROBLEMS]]
        if len(problems) > _SHOWN_PROBLEMS:
            lines.append(f"… and {len(problems) - _SHOWN_PROBLEMS} more.")
        return "Invalid arguments. " + " ".join(lines)

    def _line(self, problem: Mapping[str, Any]) -> str:
        path = ".".join(_shown_name(part) for part in problem["loc"] if not str(part).startswith("function-"))
        if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
            allowed = ", ".join(self.names) or "none"
            return f"{path}: unknown argument. Allowed: {allowed}."
        words = _MESSAGES.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
        return f"{path}: {words[:1].lower()}{words[1:].rstrip('.')}."


def _refuse_nul(raw: Mapping[str, Any]) -> None:
    """JSON allows U+0000; database text, paths and URLs do not."""
    names = [_shown_name(name) for name, value in raw.items() if _has_nul(name) or _has_nul(value)]
    if names:
        lines = [f"{name}: must not contain the character U+0000." for name in names]
        raise InvalidArguments("Invalid arguments. " + " ".join(lines))


def _has_nul(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return any(map(_has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


def _shown_name(part: object) -> str:
    """A name in an error path. The caller may have chosen it, so only plain names are shown."""
    text = str(part)
    return text if _PLAIN_NAME.fullmatch(text) else "(unprintable name)"


def _is_cursor_key(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation is CursorKey or CursorKey in get_args(annotation)
