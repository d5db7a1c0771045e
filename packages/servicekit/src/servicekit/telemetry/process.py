"""Resource usage of this process, read from the kernel at each collection."""

import os
import resource
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from opentelemetry.metrics import Observation

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_PROC: Final = Path("/proc/self")


def memory() -> Iterable[Observation]:
    """Resident memory in bytes; no observation without /proc."""
    if _PROC.exists():
        yield Observation(int((_PROC / "statm").read_text().split()[1]) * _PAGE)


def file_descriptors() -> Iterable[Observation]:
    """Open file descriptors; no observation without /proc."""
    if _PROC.exists():
        yield Observation(len(os.listdir(_PROC / "fd")) - 1)  # noqa: PTH208  # minus the one that lists the folder


def threads() -> Iterable[Observation]:
    yield Observation(threading.active_count())


def cpu_time() -> Iterable[Observation]:
    """CPU seconds by mode: user or system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield Observation(usage.ru_utime, {"cpu.mode": "user"})
    yield Observation(usage.ru_stime, {"cpu.mode": "system"})
