"""How commands end with an error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from servicekit.settings.errors import InvalidContent


def fail(text: str, status: int = 2) -> NoReturn:
    """Print an error and exit."""
    sys.stderr.write(f"{text}\n")
    raise SystemExit(status)


@contextmanager
def files_explained() -> Iterator[None]:
    """End the program with the reason where a file of policies, keys or certificates cannot be used."""
    try:
        yield
    except InvalidContent as problem:
        fail(f"Invalid file: {problem}")
