"""What to run: a program with its environment, how it is stopped, and whether it may be root."""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from devkit.supervisor import child_setup

WayDown = Literal["namespace", "nobody"]
"""How a program that refuses root is run by root: in a user namespace, or as `nobody`."""


@dataclass(frozen=True)
class Command:
    """A program to start as a child that dies with its parent."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """The whole environment of the child; nothing is inherited."""
    directory: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    """Sent to stop it, and by the kernel when the parent dies."""
    unprivileged: bool = False
    """Whether the program refuses to run as root."""
    owned_directories: tuple[Path, ...] = ()
    """Directories that the unprivileged user must own."""
    ways_down: Sequence[WayDown] = ("namespace", "nobody")

    def launch_argv(self) -> list[str]:
        """The argument vector to start from this very process; see `devkit.supervisor.child_setup`."""
        options = {
            "parent": os.getpid(),
            "signal": int(self.stop_signal),
            "cwd": str(self.directory),
            "unprivileged": self.unprivileged,
            "directories": [str(path) for path in self.owned_directories],
            "ways": list(self.ways_down),
        }
        return [sys.executable, "-I", "-S", str(Path(child_setup.__file__)), json.dumps(options), *self.argv]
