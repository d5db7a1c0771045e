"""What the supervisor prints: every line of every process, behind a padded name."""

import sys
from contextlib import suppress
from typing import TextIO

COLOURS = (36, 33, 35, 32, 34, 96, 93, 95)
"""ANSI foreground colours, told apart on dark and light terminals."""
OWN_NAME = "devkit"


class Output:
    """Prints to `stream`, in colour when it is a terminal. A stream that went away is no reason to fail."""

    def __init__(self, names: list[str], stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._width = max(len(name) for name in [OWN_NAME, *names])
        self._colours = dict(zip(names, COLOURS * (1 + len(names) // len(COLOURS)), strict=False))
        self._coloured = self._stream.isatty()

    def line(self, name: str, text: str) -> None:
        """One line of the process called `name`."""
        label = f"{name:<{self._width}} |"
        if self._coloured:
            label = f"\x1b[{self._colours.get(name, 1)}m{label}\x1b[0m"
        self._write(f"{label} {text}\n")

    def say(self, text: str) -> None:
        """A line of the supervisor itself."""
        self.line(OWN_NAME, text)

    def block(self, text: str) -> None:
        """Several lines as they are."""
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        # The terminal may be gone (SIGHUP) while processes are still being stopped.
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()
