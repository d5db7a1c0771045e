"""Edits of JSON with comments that leave every other character as it is.

Editors accept `//` and `/* */` comments and a comma after the last member in their configuration files.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

_TRIVIA: Final = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_REST_OF_LINE: Final = re.compile(r"(?:[ \t]|/\*[^\r\n]*?\*/)*(?://[^\r\n]*)?(?=\r?\n|$)")
_DEPTH: Final = 100


class Unreadable(Exception):
    """A document that cannot be edited; the message has the line and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")


@dataclass(slots=True)
class _Value:
    start: int
    end: int
    content: Any
    members: "list[_Member] | None" = None
    """Of an object; None for other values."""


@dataclass(slots=True)
class _Member:
    key: str
    start: int
    value: _Value
    comma: int | None = None
    """Where the comma behind it is."""


@dataclass(slots=True)
class JsonDocument:
    """A JSON document with an object at its top, and its text."""

    text: str
    _root: _Value = field(init=False)

    def __post_init__(self) -> None:
        """Parse the text; a blank one is an empty object. Raises `Unreadable`."""
        if not self.text.strip():
            self.text = "{}\n"
        self._root = _Parser(self.text).document()
        if self._root.members is None:
            raise Unreadable(1, "the file must contain an object, { ... }")

    def content(self) -> dict[str, Any]:
        """Everything in the document."""
        content: dict[str, Any] = self._root.content
        return content

    def entries(self, table: str) -> dict[str, Any]:
        """The entries of an object at the top, empty where there is none. Raises `Unreadable` for another value."""
        value = self._table(table)
        return dict(value.content) if value is not None else {}

    def with_entry(self, table: str, name: str, entry: dict[str, Any]) -> "JsonDocument":
        """The document with an entry set; a new one stands last."""
        value = self._table(table)
        if value is None:
            return JsonDocument(self._inserted(self._root, table, {name: entry}))
        present = [member for member in value.members or [] if member.key == name]
        if present:
            old = present[0].value
            return JsonDocument(self.text[: old.start] + self._written(entry, old.start) + self.text[old.end :])
        return JsonDocument(self._inserted(value, name, entry))

    def without_entry(self, table: str, name: str) -> "JsonDocument":
        """The document without an entry, which must be there."""
        value = self._table(table)
        if value is None:
            raise KeyError(table)
        return JsonDocument(self._removed(value, name))

    def without_table(self, table: str) -> "JsonDocument":
        """The document without an object at the top, which must be there."""
        return JsonDocument(self._removed(self._root, table))

    def _table(self, name: str) -> _Value | None:
        for member in self._root.members or []:
            if member.key == name:
                if member.value.members is None:
                    line = _line(self.text, member.start)
                    raise Unreadable(line, f'"{name}" must be an object, {{ ... }}')
                return member.value
        return None

    def _inserted(self, parent: _Value, key: str, content: Any) -> str:
        text, newline = self.text, self._newline()
        outer = _indentation(text, parent.start)
        members = parent.members or []
        inner = _indentation(text, members[-1].start) if members else outer + self._step()
        if len(inner) <= len(outer):  # the whole object is on one line
            inner = outer + self._step()
        member = f"{json.dumps(key, ensure_ascii=False)}: {self._dumped(content, inner)}"
        if not members:
            comments = text[parent.start + 1 : parent.end - 1].rstrip()
            start = parent.start + 1
            return text[:start] + comments + newline + inner + member + newline + outer + text[parent.end - 1 :]
        last = members[-1]
        end = last.value.end if last.comma is None else last.comma + 1
        rest = _REST_OF_LINE.match(text, end)
        place = rest.end() if rest else end
        comma_before, comma_behind = (",", "") if last.comma is None else ("", ",")
        return text[:end] + comma_before + text[end:place] + newline + inner + member + comma_behind + text[place:]

    def _removed(self, parent: _Value, key: str) -> str:
        text = self.text
        members = parent.members or []
        index = next(index for index, member in enumerate(members) if member.key == key)
        member = members[index]
        end = member.value.end if member.comma is None else member.comma + 1
        start = len(text[: member.start].rstrip(" \t"))
        if start and text[start - 1] == "\n" and (rest := _REST_OF_LINE.match(text, end)):
            start = len(text[: start - 1].removesuffix("\r"))
            end = rest.end() if not rest.group().strip() else end
        if len(members) == 1 and not text[parent.start + 1 : start].strip() and not text[end : parent.end - 1].strip():
            start, end = parent.start + 1, parent.end - 1
        kept = text[:start] + text[end:]
        if index and member.comma is None and (comma := members[index - 1].comma) is not None:
            kept = kept[:comma] + kept[comma + 1 :]
        return kept

    def _written(self, content: Any, start: int) -> str:
        return self._dumped(content, _indentation(self.text, start))

    def _dumped(self, content: Any, indentation: str) -> str:
        lines = json.dumps(content, indent=self._step(), ensure_ascii=False).splitlines()
        return (self._newline() + indentation).join(lines)

    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _step(self) -> str:
        """The indentation of the first member of the document."""
        members = self._root.members or []
        return (_indentation(self.text, members[0].start) if members else "") or "  "


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)


class _Parser:
    """Strict JSON (RFC 8259) except for comments and a last comma, keeping the positions of members."""

    def __init__(self, text: str) -> None:
        self._text = text

    def document(self) -> _Value:
        value = self._value(self._skip(0), 0)
        end = self._skip(value.end)
        if end != len(self._text):
            self._fail(end, "something follows the end of the document")
        return value

    def _value(self, at: int, depth: int) -> _Value:
        if depth > _DEPTH:
            self._fail(at, f"more than {_DEPTH} levels")
        first = self._text[at : at + 1]
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._array(at, depth)
        return self._scalar(at)

    def _scalar(self, at: int) -> _Value:
        try:
            content, end = _DECODER.raw_decode(self._text, at)
        except ValueError as problem:
            reason = problem.msg if isinstance(problem, json.JSONDecodeError) else str(problem)
            self._fail(at, f"a value is missing or is not valid JSON ({reason})")
        return _Value(at, end, content)

    def _object(self, start: int, depth: int) -> _Value:
        members: list[_Member] = []
        at = self._skip(start + 1)
        while self._text[at : at + 1] != "}":
            if members and members[-1].comma is None:
                self._fail(at, "a comma or } is missing")
            if self._text[at : at + 1] != '"':
                self._fail(at, 'a name in "quotes" or } is missing')
            key = self._scalar(at)
            if any(member.key == key.content for member in members):
                self._fail(at, f'"{key.content}" stands there twice')
            colon = self._skip(key.end)
            if self._text[colon : colon + 1] != ":":
                self._fail(colon, "a colon is missing")
            value = self._value(self._skip(colon + 1), depth + 1)
            members.append(_Member(key.content, at, value))
            at = self._skip(value.end)
            if self._text[at : at + 1] == ",":
                members[-1].comma = at
                at = self._skip(at + 1)
        return _Value(start, at + 1, {member.key: member.value.content for member in members}, members)

    def _array(self, start: int, depth: int) -> _Value:
        content: list[Any] = []
        at, comma = self._skip(start + 1), True
        while self._text[at : at + 1] != "]":
            if not comma:
                self._fail(at, "a comma or ] is missing")
            value = self._value(at, depth + 1)
            content.append(value.content)
            at = self._skip(value.end)
            comma = self._text[at : at + 1] == ","
            if comma:
                at = self._skip(at + 1)
        return _Value(start, at + 1, content)

    def _skip(self, at: int) -> int:
        match = _TRIVIA.match(self._text, at)
        return match.end() if match else at

    def _fail(self, at: int, reason: str) -> NoReturn:
        raise Unreadable(_line(self._text, at), reason)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _indentation(text: str, at: int) -> str:
    """The white space at the beginning of the line with this position."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]
