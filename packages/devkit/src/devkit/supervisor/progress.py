"""Says what the stack does while it starts: each step at its beginning, now and then while it runs, and at its end."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devkit.supervisor.output import Output

QUIET = 4.0
"""Seconds without any line after which the running steps are named."""


class Progress:
    """Steps of several processes at once. `clock` returns seconds, as `time.monotonic` does."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._steps: dict[str, float] = {}
        self._spoke = clock()

    @contextmanager
    def step(self, what: str, done: str | None = None) -> Iterator[None]:
        """Announce a step, such as "orders: loading sample data", and its duration when the block ends.

        Args:
            done: the sentence for its end, when the step was announced together with others.
        """
        started = self._clock()
        if done is None:
            self.say(f"{what} ...")
        self._steps[what] = started
        try:
            yield
        finally:
            del self._steps[what]
        self.say(f"{done or f'{what}: done'} after {self._clock() - started:.1f} s.")

    def say(self, text: str) -> None:
        """Print a line of the supervisor."""
        self._output.say(text)
        self._spoke = self._clock()

    def line(self, name: str, text: str) -> None:
        """Print a line of the process called `name`."""
        self._output.line(name, text)
        self._spoke = self._clock()

    def tick(self) -> None:
        """Name the running steps, each with its seconds so far, when nothing was printed for `QUIET` seconds."""
        now = self._clock()
        if self._steps and now - self._spoke >= QUIET:
            self.say("Still " + ", ".join(f"{what} ({now - began:.0f} s)" for what, began in self._steps.items()) + ".")
