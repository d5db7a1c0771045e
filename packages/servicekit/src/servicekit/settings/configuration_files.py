"""Finds and reads the files of a setting that names files, folders or patterns."""

import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from servicekit.settings.bounded_yaml import MAX_BYTES
from servicekit.settings.errors import InvalidContent

_ENDINGS: Final = (".yaml", ".yml")
_MARKS: Final = frozenset("*?[")


def _split(value: object) -> object:
    """The places in a variable.

    Raises:
        ValueError: there is none.
    """
    if not isinstance(value, str):
        return () if value is None else value
    places = tuple(filter(None, map(str.strip, value.split(","))))
    if not places:
        raise ValueError("names no file")
    return places


Places = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Files, folders and patterns in one variable, divided by commas."""
Stamp = tuple[tuple[str, int, int, int], ...]
"""Path, inode, time of the last change in nanoseconds, and size of every file. An edit of any kind changes it."""


class Source(NamedTuple):
    """The text of one file."""

    path: str
    text: str


class OwnFile(NamedTuple):
    """A configuration file that only one service has.

    Attributes:
        name: in messages.
        place: the file.
        parse: raises `InvalidContent` for a file that cannot be used.
    """

    name: str
    place: str
    parse: Callable[[Sequence[Source]], object]


def find_files(places: Sequence[str]) -> list[Path]:
    """The files at some places, each once: a file, every YAML file of a folder, or what a pattern such as
    ``/etc/policy/*.yaml`` matches. Hidden files, which ``..data`` of a mounted ConfigMap is, are left out."""
    found = {path.resolve(): path for place in places for path in _files_at(Path(place))}
    return list(found.values())


def _files_at(place: Path) -> list[Path]:
    if place.is_dir():
        found = [path for path in place.iterdir() if path.suffix in _ENDINGS]
    elif _MARKS.isdisjoint(str(place)) or place.exists():
        return [place]
    else:
        found = list(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
    return sorted(path for path in found if not path.name.startswith(".") and not path.is_dir())


def stamp_of(places: Sequence[str]) -> Stamp:
    """The stamp of the files at some places; of those that cannot be read, zeros."""
    try:
        return tuple(map(_stamp, find_files(places)))
    except OSError:
        return ()


def _stamp(path: Path) -> tuple[str, int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), status.st_ino, status.st_mtime_ns, status.st_size


def read_files(name: str, places: Sequence[str]) -> list[Source]:
    """The texts of the files at some places.

    Args:
        name: the name of the file in messages.

    Raises:
        InvalidContent: there is none, or one cannot be read, is no UTF-8 text, or is too large.
    """
    sources, size = list[Source](), 0
    try:
        for path in find_files(places):
            content = _bytes(path)
            size += len(content)
            if size > MAX_BYTES:
                raise InvalidContent(f"The {name} file is larger than {MAX_BYTES // 1024 // 1024} MiB.")
            sources.append(Source(str(path), content.decode("utf-8-sig")))
    except OSError as error:
        raise InvalidContent(f"The {name} file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidContent(f"The {name} file cannot be read: not UTF-8.") from None
    if not sources:
        shown = " or ".join(places)
        raise InvalidContent(f"The {name} file cannot be read: there is no .yaml or .yml file at {shown}.")
    return sources


def _bytes(path: Path) -> bytes:
    """The content of a regular file, and no more than a byte beyond the limit. A pipe would never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "not a regular file")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
