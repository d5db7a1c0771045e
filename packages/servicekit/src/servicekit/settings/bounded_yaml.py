"""Reads YAML of bounded size, depth and number of values, as plain data: no anchors, aliases, merge keys or tags.

It takes the parser's events one by one, so that reading stops at the first bound. LibYAML's parser is used where PyYAML
has it; it is some ten times faster. Long work rests every millisecond, so that another thread, such as that of the
event loop, gets the interpreter lock.
"""

import time
from collections.abc import Hashable, Iterator
from typing import Any, Final

import yaml

MAX_BYTES: Final = 8 * 1024 * 1024
"""The largest content of all files that are read together: some 20 000 clients."""
MAX_VALUES: Final = 1_000_000
"""The most keys and values."""
MAX_DEPTH: Final = 16
"""The deepest nesting of lists and mappings."""
MAX_SCALAR: Final = 4096
"""The longest key or value, in characters."""
_WORK: Final = 0.001  # seconds between rests
_REST: Final = 0.0002
_EVENTS: Final = 64  # between looks at the clock
_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_ENDS: Final = ("\n", "\r", "}", "]")
_MERGE: Final = "tag:yaml.org,2002:merge"
_TEXT: Final = "tag:yaml.org,2002:str"


class InvalidYaml(ValueError):
    """The text is no YAML of the allowed kind. The message completes "The file ..." and quotes no value.

    Attributes:
        line: the number of the line, from 1; None where it is about the whole.
    """

    def __init__(self, problem: str, mark: yaml.Mark | None = None) -> None:
        self.line: Final = mark.line + 1 if mark is not None else None
        super().__init__(problem + (f" near line {self.line}" if self.line is not None else ""))


class Pace:
    """Rests during long work in a thread, so that other threads get the interpreter lock."""

    __slots__ = ("_next", "_steps")

    def __init__(self) -> None:
        self._next = time.perf_counter() + _WORK
        self._steps = 0

    def step(self, steps: int = 1) -> None:
        """Count steps of work, and rest after a millisecond of it."""
        self._steps += steps
        if self._steps < _EVENTS:
            return
        self._steps = 0
        if time.perf_counter() > self._next:
            time.sleep(_REST)
            self._next = time.perf_counter() + _WORK


def read_yaml(text: str, pace: Pace | None = None) -> Any:
    """The content of one YAML document: dicts, lists and scalars.

    Args:
        pace: of work in a thread; None to work without rests.

    Raises:
        InvalidYaml: it is no YAML, empty, cut off, too large, too deep, or not plain data.
    """
    if not text.strip():
        raise InvalidYaml("is empty")
    reader = _Reader()
    try:
        for event in _events(text):
            reader.take(event)
            if pace is not None:
                pace.step()
    except yaml.YAMLError as error:
        raise InvalidYaml("is not valid YAML", getattr(error, "problem_mark", None)) from None
    except RecursionError:
        raise InvalidYaml("is nested too deeply") from None
    if not reader.found:
        raise InvalidYaml("is empty")
    if reader.begins and not reader.ends:
        raise InvalidYaml("ends early: it begins with --- and does not end with ... on a line of its own")
    if not (reader.ends or text.endswith(_LINE_ENDS)):
        raise InvalidYaml("ends early: its last line has no end. Close the file with a line break")
    return reader.content


def _events(text: str) -> Iterator[Any]:
    return yaml.parse(text, Loader=_PARSER)


class _Scalars(yaml.constructor.SafeConstructor, yaml.resolver.Resolver):
    """Types of plain scalars: YAML's numbers, booleans, null and times."""

    def __init__(self) -> None:
        yaml.constructor.SafeConstructor.__init__(self)
        yaml.resolver.Resolver.__init__(self)
        self._known: dict[str, Any] = {}

    def plain(self, event: Any) -> Any:
        """The value of an unquoted scalar."""
        text: str = event.value
        if text in self._known:
            return self._known[text]
        tag = self.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # untyped
        if tag == _MERGE:
            raise InvalidYaml("has a merge key (<<), which is not allowed", event.start_mark)
        value: Any = text
        if tag != _TEXT:
            node = yaml.ScalarNode(tag, text, event.start_mark, event.end_mark)
            try:
                value = self.construct_object(node)
            except (yaml.YAMLError, ValueError, OverflowError):  # a date such as 2026-02-31, a number of 5 000 digits
                raise InvalidYaml("is not valid YAML", event.start_mark) from None
            self.constructed_objects.clear()
        self._known[text] = value
        return value


class _Reader:
    """Builds the content from events, within the bounds.

    Attributes:
        content: the document, once every event was taken.
        found: there is a document.
        begins, ends: the document has an explicit begin (``---``) and end (``...``).
    """

    def __init__(self) -> None:
        self.content: Any = None
        self.found = self.begins = self.ends = False
        self._scalars = _Scalars()
        self._open: list[tuple[Any, Any]] = []  # collections with the key that waits for its value
        self._values = 0

    def take(self, event: Any) -> None:
        """Take the next event.

        Raises:
            InvalidYaml: it breaks a bound, or is not plain data.
        """
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._add(self._scalar(event), event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._begin({} if kind is yaml.MappingStartEvent else [], event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._open.pop()
        elif kind is yaml.AliasEvent:
            raise InvalidYaml("has an alias (*), which is not allowed; put patterns into quotes", event.start_mark)
        elif kind is yaml.DocumentStartEvent:
            if self.found:
                raise InvalidYaml("has several documents", event.start_mark)
            self.found, self.begins = True, event.explicit
        elif kind is yaml.DocumentEndEvent:
            self.ends = event.explicit

    def _scalar(self, event: Any) -> Any:
        _check_plain(event)
        if len(event.value) > MAX_SCALAR:
            raise InvalidYaml(f"has a value of more than {MAX_SCALAR} characters", event.start_mark)
        return self._scalars.plain(event) if event.implicit[0] else event.value

    def _begin(self, collection: Any, event: Any) -> None:
        _check_plain(event)
        if len(self._open) == MAX_DEPTH:
            raise InvalidYaml(f"is nested more than {MAX_DEPTH} levels deep", event.start_mark)
        self._add(collection, event)
        self._open.append((collection, _NO_KEY))

    def _add(self, value: Any, event: Any) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise InvalidYaml(f"has more than {MAX_VALUES} keys and values")
        if not self._open:
            self.content = value
            return
        collection, key = self._open[-1]
        if isinstance(collection, list):
            collection.append(value)
        elif key is _NO_KEY:
            if not isinstance(value, Hashable):
                raise InvalidYaml("has a list or mapping as a key", event.start_mark)
            if value in collection:
                raise InvalidYaml("has a duplicate key", event.start_mark)
            self._open[-1] = collection, value
        else:
            collection[key] = value
            self._open[-1] = collection, _NO_KEY


_NO_KEY: Final = object()


def _check_plain(event: Any) -> None:
    if event.anchor is not None:
        raise InvalidYaml("has an anchor (&), which is not allowed", event.start_mark)
    if event.tag is not None and event.tag != "!":  # "!" marks quoted text in some parsers
        raise InvalidYaml("has a tag (!), which is not allowed", event.start_mark)
