"""Objects in arguments: a model's members by name, and the kind that each annotation stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from servicekit.schema import conversions
from servicekit.schema.argument_types import Clamped, Exact, Identifier, Searched, Splits, StandsAlone, StartOfDay
from servicekit.schema.kinds import (
    UNCONVERTED,
    Bounds,
    Choice,
    Day,
    Flag,
    Identified,
    Kind,
    Moment,
    Number,
    Reading,
    Text,
    Uuid,
)  # fmt: skip
from servicekit.schema.list_kinds import Items, Mapped
from servicekit.schema.suggestions import LONGEST, same_name, shown_name

_MOST_UNKNOWN: Final = 50
_LISTS = (list, tuple, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a model.

    Attributes:
        optional: it may be left out; empty means that, except where `keeps_empty` says that empty has a meaning.
        nullable: null is a value where it is required.
        splits: a text for it may name other members too.
        alone: text in place of the object means this member.
    """

    kind: Kind
    optional: bool
    nullable: bool
    keeps_empty: bool
    splits: Splits | None
    alone: bool

    def leaves_out(self, value: Any) -> bool:
        """Whether a value is the same as none."""
        if value is None:
            return self.optional or not self.nullable
        if not self.optional or not conversions.is_empty(value):
            return False
        # Empty text for a list of names is none; any other value of another form is refused, such as "" for lines.
        names = isinstance(self.kind, Items) and self.kind.item.shape != "object"
        return not self.keeps_empty or (names and not isinstance(value, list))


class Members(Kind):
    """An object with the members of a model; for a whole call, its arguments."""

    shape = "object"

    def __init__(self, model: type[BaseModel]) -> None:
        self.members = {name: _member(info) for name, info in model.model_fields.items()}
        self.drops = any(member.optional or member.kind.drops for member in self.members.values())
        self.rule = f"must be an object with {', '.join(self.members)}"
        forms = [same_name(name) for name in self.members]
        self._names = {form: name for form, name in zip(forms, self.members, strict=True) if forms.count(form) == 1}
        self._alone = next((name for name, member in self.members.items() if member.alone), None)
        self.is_name = self._alone is not None and self.members[self._alone].kind.is_name
        self._parts = {member.splits.part: name for name, member in self.members.items() if member.splits}

    def inner(self, part: str | int) -> Kind:
        member = self.members.get(str(part))
        return member.kind if member else UNCONVERTED

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        if isinstance(value, str):
            value = conversions.json_in(value, "{")
            if isinstance(value, str) and self._alone is not None:
                value = {self._alone: value}
        if not isinstance(value, Mapping):
            return value
        if (unknown := len(value) - len(self.members)) > _MOST_UNKNOWN:  # naming each would take long
            allowed = ", ".join(self.members) or "none"
            reading.problems.append(f"{at or 'Arguments'}: at least {unknown} unknown names. Allowed: {allowed}.")
            return value
        sent = self.renamed(value, at, reading)
        if self._parts:
            self._split(sent, reading)
        read: dict[str, Any] = {}
        for name, one in sent.items():
            member = self.members.get(name)
            if member is None:
                read[name] = one
            elif not member.leaves_out(one):
                read[name] = member.kind.read(one, f"{at}.{name}" if at else name, reading)
        return read

    def opened(self, value: Any) -> Any:
        found = conversions.json_in(value, "{") if isinstance(value, str) else value
        if not isinstance(found, Mapping):
            return found
        return {
            name: self.inner(name).opened(one) if self.inner(name).shape != "value" else one
            for name, one in found.items()
        }

    def renamed(self, sent: Mapping[str, Any], at: str, reading: Reading) -> dict[str, Any]:
        """What was sent, with names in another spelling (``orderId``) replaced by the member's."""
        renamed: dict[str, Any] = {}
        for name, value in sent.items():
            known = name if name in self.members or len(name) > LONGEST else self._names.get(same_name(name), name)
            if known in renamed and conversions.is_empty(value):
                continue
            if known != name and (known in renamed or not conversions.is_empty(sent.get(known))):
                known = name  # sent twice: refused by its own name
            if known != name:
                reading.notices.append(f"Read {shown_name(name)} as {f'{at}.' if at else ''}{known}.")
            renamed[known] = value
        return renamed

    def _split(self, sent: dict[str, Any], reading: Reading) -> None:
        """Distribute a text that names several members, such as ``acme/app``."""
        for name in self._parts.values():
            splits, text = self.members[name].splits, sent.get(name)
            parts = splits.parse(text.strip()) if splits is not None and isinstance(text, str) else None
            if not parts or not parts.keys() <= self._parts.keys():
                continue
            named = {self._parts[part]: value for part, value in parts.items()}
            if other := next((one for one in named if one != name and self._differs(sent, one, named[one])), None):
                reading.problems.append(f"{name}: names another {other} than `{other}` does. Send one of them.")
                continue
            sent.update(named)
            words = ", ".join(f"{member} {value}" for member, value in named.items())
            reading.notices.append(f"Read {name} as {words}.")

    def _differs(self, sent: Mapping[str, Any], name: str, value: Any) -> bool:
        given = sent.get(name)
        if conversions.is_empty(given):
            return False
        splits = self.members[name].splits
        if splits is not None and isinstance(given, str) and (parts := splits.parse(given.strip())):
            given = parts.get(splits.part, given)
        return str(given).strip().lstrip("#").casefold() != str(value).casefold()


def _member(info: FieldInfo) -> Member:
    metadata = tuple(info.metadata)
    nullable = NoneType in get_args(info.annotation) or info.annotation in (None, Any)
    marks = (*metadata, *_inner_metadata(info.annotation))
    return Member(
        kind=kind_of(info.annotation, metadata),
        optional=not info.is_required(),
        nullable=nullable,
        keeps_empty=any(isinstance(mark, Exact) and mark.empty for mark in marks),
        splits=next((mark for mark in marks if isinstance(mark, Splits)), None),
        alone=any(isinstance(mark, StandsAlone) for mark in marks),
    )


def kind_of(annotation: Any, metadata: tuple[Any, ...] = ()) -> Kind:
    """The kind of an annotation.

    Raises:
        TypeError: it has a pattern without words.
    """
    if get_origin(annotation) is Annotated:
        base, *marks = get_args(annotation)
        return kind_of(base, (*_flat(marks), *metadata))
    if any(getattr(mark, "pattern", None) and not isinstance(mark, Identifier) for mark in metadata):
        raise TypeError("an argument's pattern needs words: annotate it with servicekit.schema.Identifier")
    if get_origin(annotation) in (Union, UnionType):
        options = [option for option in get_args(annotation) if option is not NoneType]
        return kind_of(options[0], metadata) if len(options) == 1 else UNCONVERTED
    return _container(annotation, metadata) or _scalar(annotation, metadata)


def _container(annotation: Any, metadata: tuple[Any, ...]) -> Kind | None:
    origin, inner = get_origin(annotation) or annotation, get_args(annotation)
    if origin in _LISTS:
        return Items(kind_of(inner[0]) if inner else UNCONVERTED, _bound(metadata, "max_length"))
    if origin in (dict, Mapping):
        return Mapped(kind_of(inner[1]) if inner else UNCONVERTED)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Members(annotation)
    return None


def _scalar(annotation: Any, metadata: tuple[Any, ...]) -> Kind:
    if get_origin(annotation) is Literal:
        members = get_args(annotation)
        return Choice(members) if all(isinstance(member, str) for member in members) else UNCONVERTED
    if not isinstance(annotation, type):
        return UNCONVERTED
    if issubclass(annotation, Enum):
        values = tuple(member.value for member in annotation)
        return Choice(values) if all(isinstance(value, str) for value in values) else UNCONVERTED
    identifier = next((mark for mark in metadata if isinstance(mark, Identifier)), None)
    if annotation is str:
        searched = any(isinstance(mark, Searched) for mark in metadata)
        return Identified(identifier) if identifier else Text(searched=searched)
    least, most = _bound(metadata, "ge"), _bound(metadata, "le")
    if annotation is bool:
        return Flag()
    if annotation in (int, float):
        number = _number(annotation, Bounds(least, most), metadata)
        return Identified(identifier, number=number) if identifier else number
    if annotation is date:
        return Day(least, most)
    if annotation in (datetime, AwareDatetime):
        return Moment(start_of_day=any(isinstance(mark, StartOfDay) for mark in metadata))
    return Uuid() if annotation is UUID else UNCONVERTED


def _number(annotation: type, bounds: Bounds, metadata: tuple[Any, ...]) -> Number:
    clamped = next((mark for mark in metadata if isinstance(mark, Clamped)), None)
    return Number(
        bounds,
        whole=annotation is int,
        exact=any(isinstance(mark, Exact) for mark in metadata),
        raised=clamped is not None and clamped.least,
        lowered=clamped is not None,
    )


def _bound(metadata: tuple[Any, ...], name: str) -> Any:
    return next((value for mark in metadata if (value := getattr(mark, name, None)) is not None), None)


def _flat(marks: Sequence[Any]) -> list[Any]:
    """Marks of an annotation, with those that `Field` collected."""
    return [inner for mark in marks for inner in (mark.metadata if isinstance(mark, FieldInfo) else [mark])]


def _inner_metadata(annotation: Any) -> tuple[Any, ...]:
    """Marks inside `Annotated[…] | None`."""
    options = (annotation, *get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return tuple(mark for one in options if get_origin(one) is Annotated for mark in _flat(get_args(one)[1:]))
