"""The preview of a destructive call, which the user confirms before it runs."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from servicekit.core.errors import Refused
from servicekit.schema.marks import restore, show, show_line
from servicekit.schema.slim_schema import Schema

LONGEST: Final = 16_000
"""The most characters that a person is asked to agree to at once."""
ADDED: Final = frozenset({"status", "next_step", "code", "expires_at"})
"""Members that the pipeline adds to a preview."""


PREVIEW_SCHEMA: Final[Schema] = {
    "type": "object",
    "description": "Nothing was done yet: a person has to agree.",
    "properties": {
        "status": {"const": "confirmation_required"},
        "next_step": {"type": "string"},
        "effect": {"type": "string"},
        "code": {"type": "string"},
        "expires_at": {"type": "string"},
    },
    "required": ["status", "next_step", "effect", "code"],
}
"""The part of an output schema that allows a preview. Its own fields vary and are not listed."""


class Preview(BaseModel):
    """What a destructive call would do. Subclass it to add fields.

    The pipeline completes `shown` with every argument of the call, so that the person sees the whole of what would be
    written or sent.

    Attributes:
        in_own_words: arguments that `shown` has whole in other words, such as a line for each record of a batch. The
            pipeline does not add them.
    """

    model_config = ConfigDict(frozen=True)

    in_own_words: ClassVar[frozenset[str]] = frozenset()

    effect: Annotated[str, Field(description="What will happen, in one sentence, with every amount and name in it.")]
    version: Annotated[int, Field(description="Version of the record that this is about.")]
    shown: Annotated[
        Mapping[str, str], Field(description="Everything that would be written or sent, whole, by its name.")
    ] = {}


def whole_preview(preview: Preview, arguments: Mapping[str, Any], defaults: Mapping[str, Any] = {}) -> Preview:
    """The preview as a person sees it: with every argument of the call, and with invisible characters made visible.

    Args:
        arguments: validated, without the idempotency key. One that the preview shows already, such as a decoded file,
            is left as it is there.
        defaults: of arguments that can be left out. A flag that is off, and an empty list, are shown where they are
            not the default.

    Raises:
        Refused: it is too long to be agreed to.
    """
    told = {name: value for name, value in arguments.items() if name not in preview.in_own_words}
    content = to_jsonable_python(told, fallback=str)
    given = {**dict(_flat(content, told, defaults=defaults) if told else ()), **preview.shown}
    _require_short(sum(map(len, given.values())))  # before the marks, which take time for a long text
    effect = show_line(restore(preview.effect))  # parts of it may be marked already
    shown = {show_line(name): show(text) for name, text in given.items()}
    _require_short(len(effect) + sum(len(name) + len(text) for name, text in shown.items()))
    return preview.model_copy(update={"effect": effect, "shown": shown})


def _require_short(length: int) -> None:
    if length > LONGEST:
        raise Refused(
            f"A person has to agree to this, and would have to read {length} characters; {LONGEST} can be shown whole. "
            "Nothing was done. Split it into several calls, each with fewer or shorter texts."
        )


def shown_text(preview: Preview) -> str:
    """The effect and the arguments of a whole preview, as a person reads them."""
    lines = [preview.effect]
    for name, text in preview.shown.items():
        # Each line of a text is marked, so that none can pass for another argument.
        lines.append(f"{name}:\n> " + text.replace("\n", "\n> ") if "\n" in text else f"{name}: {text}")
    return "\n".join(lines)


def _flat(
    content: Any, value: Any, path: str = "", *, default: Any = None, defaults: Mapping[str, Any] = {}
) -> Iterator[tuple[str, str]]:
    """The values in JSON arguments, each with its path: ``files[0].content``. What is off or empty by default says
    nothing.

    Args:
        content: `value` as JSON.
        default: of the whole value.
        defaults: of its members.
    """
    if isinstance(content, Mapping):
        for name, item in content.items():
            inner = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
            below = defaults.get(name)
            members = _defaults(inner)
            yield from _flat(item, inner, f"{path}.{name}" if path else name, default=below, defaults=members)
    elif isinstance(content, list):
        for number, item in enumerate(content):
            inner = value[number] if isinstance(value, list | tuple) else None
            yield from _flat(item, inner, f"{path}[{number}]", defaults=_defaults(inner))
    if content is False and default is not False:
        yield path, "no"
    elif content in ([], {}) and default not in ([], {}, ()):
        yield path, "(empty)"
    elif isinstance(content, str | int | float) and content is not False:
        yield path, "yes" if content is True else str(content)


def _defaults(value: Any) -> dict[str, Any]:
    """The defaults of a record's fields."""
    return (
        {name: field.default for name, field in type(value).model_fields.items()}
        if isinstance(value, BaseModel)
        else {}
    )
