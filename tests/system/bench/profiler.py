"""Where a server's processor time goes: samples of its main thread's stack at every tick of processor time.

Unlike a tracing profiler it adds nearly nothing to a call, so that small functions do not look dear. The time of a C
function counts for the Python function that called it.
"""

import json
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

FORGET: Final = signal.SIGUSR1
"""Tells a process to forget its samples so far: those of its start, and of warming up."""
_INTERVAL: Final = 0.001  # seconds of processor time; the kernel's tick may be longer
_TOP: Final = 25
_PACKAGES: Final = "site-packages/"
_ROOT: Final = re.compile(r".*(?:/site-packages/|/servicekit/src/|/lib/python3\.\d+/)")

Place = tuple[str, str]
"""File and function."""


@contextmanager
def profiled(path: str | None) -> Iterator[None]:
    """Sample this process until the end of the block, and write the samples to a file; None does nothing."""
    if path is None:
        yield
        return
    stacks: Counter[tuple[Place, ...]] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        places = []
        while frame is not None:
            places.append((frame.f_code.co_filename, frame.f_code.co_qualname))
            frame = frame.f_back
        stacks[tuple(places)] += 1

    signal.signal(signal.SIGPROF, sample)
    signal.signal(FORGET, lambda *_: stacks.clear())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # uvicorn raises it again when it has stopped
    signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(path).write_text(json.dumps(list(stacks.items())), encoding="utf-8")


def show_profile(path: Path, cpu_per_call: float) -> None:
    """Print the samples: own time by package and function, and time with all below by function of the kit.

    Args:
        cpu_per_call: seconds, to turn shares into microseconds of a call.
    """
    stacks: list[tuple[list[list[str]], int]] = json.loads(path.read_text(encoding="utf-8"))
    total = sum(count for _, count in stacks)
    packages: Counter[str] = Counter()
    own: Counter[str] = Counter()
    below: Counter[str] = Counter()
    for places, count in stacks:
        names = [f"{module_of(file)}: {function}" for file, function in places]
        packages[package_of(places[0][0])] += count
        own[names[0]] += count
        for name in set(names):
            below[name] += count
    per_sample = cpu_per_call * 1e6 / total

    def table(title: str, counted: Counter[str], limit: int) -> None:
        print(f"\n{title}\n  {'µs/call':>8} {'share':>7}")
        for name, count in counted.most_common(limit):
            print(f"  {count * per_sample:>8.1f} {count / total:>7.1%}  {name}")

    print(f"\nProfile: {total} samples; a call takes {cpu_per_call * 1e6:.0f} µs of CPU (profiler included)")
    table("Own time by package (servicekit by room)", packages, 40)
    table("Own time by function", own, _TOP)
    kit = Counter(
        {name: count for name, count in below.items() if name.startswith(("servicekit", "starlette", "fast"))}
    )
    table("Time with everything below, functions of the kit and its web framework", kit, 2 * _TOP)


def module_of(file: str) -> str:
    """A short name of a source file: the module, or the name that Python gives code without a file."""
    return _ROOT.sub("", file).removesuffix(".py").replace("/", ".")


def package_of(file: str) -> str:
    """The package of a source file; of the kit, the room; of the standard library, the module."""
    parts = module_of(file).split(".")
    if parts[0] == "servicekit":
        return ".".join(parts[:2])
    if _PACKAGES in file:
        return parts[0]
    return f"Python: {parts[0]}"
