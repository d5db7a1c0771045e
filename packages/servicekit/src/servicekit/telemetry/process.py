"""What this process takes of its machine, so that a leak shows: read from the kernel when somebody collects."""

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
    """Resident memory in bytes; nothing where there is no /proc."""
    if _PROC.exists():
        yield Observation(int((_PROC / "statm").read_text().split()[1]) * _PAGE)


def descriptors() -> Iterable[Observation]:
    """Open file descriptors; nothing where there is no /proc."""
    if _PROC.exists():
        yield Observation(len(os.listdir(_PROC / "fd")) - 1)  # noqa: PTH208  # one is the listing's own


def threads() -> Iterable[Observation]:
    """Threads that Python knows."""
    yield Observation(threading.active_count())


def processor() -> Iterable[Observation]:
    """Seconds of processor time, by mode: user or system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield Observation(usage.ru_utime, {"cpu.mode": "user"})
    yield Observation(usage.ru_stime, {"cpu.mode": "system"})
