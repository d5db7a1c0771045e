"""A command to run as a child process."""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from devkit.supervisor import child_setup

PrivilegeDrop = Literal["namespace", "nobody"]
"""How root runs a program that refuses root: in a user namespace, or as the user `nobody`."""


@dataclass(frozen=True)
class Command:
    """A program with its environment; it ends together with its parent."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """The complete environment of the child."""
    directory: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    """Sent to stop the program, also by the kernel when the parent dies."""
    unprivileged: bool = False
    """Whether the program refuses to run as root."""
    owned_directories: tuple[Path, ...] = ()
    """Directories that the unprivileged user must own."""
    privilege_drops: Sequence[PrivilegeDrop] = ("namespace", "nobody")
    """Tried in this order."""

    def launch_argv(self) -> list[str]:
        """The argument vector to start from this process, through `child_setup.py`."""
        options = {
            "parent": os.getpid(),
            "signal": int(self.stop_signal),
            "cwd": str(self.directory),
            "unprivileged": self.unprivileged,
            "directories": [str(path) for path in self.owned_directories],
            "privilege_drops": list(self.privilege_drops),
        }
        return [sys.executable, "-I", "-S", str(Path(child_setup.__file__)), json.dumps(options), *self.argv]
