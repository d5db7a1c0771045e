"""Untrusted text from outside: sanitised and fenced for the model, to counter prompt injection.

A field is marked where it is declared, and its serialiser does the rest::

    CustomerText = Annotated[str, Untrusted("customer")]

Given back to a tool, the marks are taken off again, so that the original is stored (`without_marks`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from servicekit.schema.columns import Columns
from servicekit.schema.marks import AUTHORS, Author, fence, restore, show, show_line, show_verbatim

__all__ = ["OneLine", "Untrusted", "as_sent", "may_have_marks", "restore", "untrusted_paths", "without_marks"]

_BRACKET = "⟦".encode()
_ESCAPED = rb"\\u"
"""Begins an escape in JSON text that is itself sent as a text: ``\u27e6`` for a bracket."""


@dataclass(frozen=True, slots=True)
class Untrusted:
    """Annotation of a `str` field with untrusted text. JSON has it fenced; `model_dump()` returns it unchanged.

    Args:
        author: the kind of its author, or a function that finds it in the record.
        verbatim: for code, diffs and logs: leaves Markdown and HTML as they are.
    """

    author: Author | Callable[[Any], Author]
    verbatim: bool = False

    def __post_init__(self) -> None:
        if not callable(self.author) and self.author not in AUTHORS:  # type checkers skip what annotates a type
            raise ValueError(f"{self.author!r} is not one of the kinds of authors: {', '.join(AUTHORS)}")

    def fence(self, text: str, record: Any = None) -> str:
        """`text` for a model, between tags that it cannot contain. `record` has it, where it says who the author is."""
        author = self.author(record) if callable(self.author) else self.author
        return fence(show_verbatim(text) if self.verbatim else show(text), author)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if callable(self.author):
            return _shown_in_json(source, handler, lambda record, text: self.fence(text, record), by_record=True)
        return _shown_in_json(source, handler, self.fence)


@dataclass(frozen=True, slots=True)
class OneLine:
    """Annotation of a `str` field with a name from outside, such as a path or label: marked, but not fenced."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _shown_in_json(source, handler, show_line)


def _shown_in_json(
    source: Any, handler: GetCoreSchemaHandler, function: Callable[..., str], *, by_record: bool = False
) -> CoreSchema:
    if source is not str:
        raise TypeError(f"this annotates str, not {source!r}: write Annotated[str, …] | None")
    serialization = core_schema.plain_serializer_function_ser_schema(
        function, is_field_serializer=by_record, return_schema=core_schema.str_schema(), when_used="json"
    )
    return core_schema.no_info_after_validator_function(str, handler(source), serialization=serialization)


def untrusted_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Paths of the `Untrusted` fields of a model and its nested models, such as ``items[].note``.

    In a table, the column of a field has its name: ``hours.rows[].note``.
    """
    for name, info in model.model_fields.items():
        if any(isinstance(mark, Untrusted) for mark in info.metadata):
            yield f"{prefix}{name}"
        else:
            yield from _paths_of(info.annotation, f"{prefix}{name}{_in_table(info.metadata)}")


def _paths_of(annotation: Any, path: str) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from untrusted_paths(annotation, f"{path}.")
        return
    if get_origin(annotation) is Annotated:
        annotation, *annotations = get_args(annotation)
        if any(isinstance(mark, Untrusted) for mark in annotations):
            yield path
            return
        path += _in_table(annotations)
    repeated = get_origin(annotation) in (list, tuple, set, frozenset)
    for inner in dict.fromkeys(get_args(annotation)):
        if inner is not Ellipsis:
            yield from _paths_of(inner, f"{path}[]" if repeated else path)


def _in_table(annotations: list[Any]) -> str:
    """What stands between the name of a table and its records."""
    return ".rows" if any(isinstance(mark, Columns) for mark in annotations) else ""


def may_have_marks(encoded: bytes) -> bool:
    """Whether JSON may hold a mark. Quick, and false for nearly all arguments."""
    # Each search for one byte is many times as fast as that for the mark.
    return (
        (b"<" in encoded and b"</user_content>" in encoded)
        or (not encoded.isascii() and _BRACKET in encoded)
        or (b"\\" in encoded and _ESCAPED in encoded)
    )


def without_marks(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """`arguments` with every text in them restored, and the sentence that says so where that changed one."""
    restored = {name: _mapped(value, restore) for name, value in arguments.items()}
    changed = [f"`{name}`" for name, value in arguments.items() if restored[name] != value]
    if not changed:
        return restored, []
    return restored, [f"The marks around {', '.join(changed)} were taken off; the text itself is used."]


def as_sent(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Restored `arguments` so that restoring them once more changes nothing: for a call that is repeated from them."""
    return {name: _mapped(value, _as_sent) for name, value in arguments.items()}


def _as_sent(text: str) -> str:
    return text if restore(text) == text else show_verbatim(text)


def _mapped(value: Any, function: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return function(value)
    if isinstance(value, Mapping):
        return {name: _mapped(item, function) for name, item in value.items()}
    return [_mapped(item, function) for item in value] if isinstance(value, list | tuple) else value
