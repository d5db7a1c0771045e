"""Prints the output of all processes, each line with the name of its process."""

import sys
from contextlib import suppress
from typing import TextIO

COLOURS = (36, 33, 35, 32, 34, 96, 93, 95)
"""ANSI foreground colours, distinguishable on dark and light terminals."""
OWN_NAME = "devkit"


class Output:
    """Prints to `stream`, in colour on a terminal. Errors of the stream are ignored."""

    def __init__(self, names: list[str], stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._width = max(len(name) for name in [OWN_NAME, *names])
        self._colours = dict(zip(names, COLOURS * (1 + len(names) // len(COLOURS)), strict=False))
        self._coloured = self._stream.isatty()

    def line(self, name: str, text: str) -> None:
        """Print a line of the process called `name`."""
        label = f"{name:<{self._width}} |"
        if self._coloured:
            label = f"\x1b[{self._colours.get(name, 1)}m{label}\x1b[0m"
        self._write(f"{label} {text}\n")

    def say(self, text: str) -> None:
        """Print a line of the supervisor."""
        self.line(OWN_NAME, text)

    def block(self, text: str) -> None:
        """Print text without a name."""
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        # After SIGHUP the terminal is gone while processes are still stopping.
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()
