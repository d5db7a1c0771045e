"""`make mutation`: changes the code that keeps the fleet safe, and counts the changes that a test notices."""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devkit.settings import WORKSPACE

from .equivalents import read_equivalents, without_equivalents
from .mutants import Mutant, mutants_of
from .report import Result, failures, survivors, table
from .rooms import ROOMS, Room


def main() -> int:
    """Run a sample and print the report; 1 below the bar."""
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("--mutants", type=int, default=180, help="how many to run, over all rooms; 0 runs every one")
    parser.add_argument("--seed", type=int, help="repeats a sample")
    parser.add_argument("--only", default="", help=f"rooms, of {', '.join(room.name for room in ROOMS)}")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="rooms at a time")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    names = options.only.split(",") if options.only else [room.name for room in ROOMS]
    rooms = [room for room in ROOMS if room.name in names]
    if unknown := set(names) - {room.name for room in rooms}:
        parser.error(f"no room is named {', '.join(sorted(unknown))}")
    print(f"SEED={seed}", flush=True)
    start = time.monotonic()
    each = -(-options.mutants // len(rooms)) if options.mutants else None
    results, unused = run(rooms, seed, each, options.jobs)
    print(survivors(results))
    print(f"\n{table(results)}\n{time.monotonic() - start:.0f} s")
    reasons = failures(results, unused)
    print("\n".join(reasons), file=sys.stderr)
    return 1 if reasons else 0


def run(rooms: Sequence[Room], seed: int, each: int | None, jobs: int) -> tuple[list[Result], list[object]]:
    """The results of the rooms, and the entries of the list of equivalent mutants that match none of theirs."""
    entries = read_equivalents()
    samples: list[tuple[Room, list[Mutant], int]] = []
    unused: list[object] = []
    for room in rooms:
        sources = list(room.sources())
        own = [entry for entry in entries if any(path.as_posix().endswith(f"/{entry.file}") for path in sources)]
        mutants = [mutant for path in sources for mutant in mutants_of(path)]
        rest, equivalent, stale = without_equivalents(mutants, own)
        samples.append((room, sample(rest, f"{seed}/{room.name}", each), len(equivalent)))
        unused += stale
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(lambda order: run_room(*order, seed), samples))
    return results, unused


def sample(mutants: Sequence[Mutant], seed: str, size: int | None) -> list[Mutant]:
    """So many mutants, chosen by the seed; those that change nothing are left out."""
    chosen: list[Mutant] = []
    for mutant in random.Random(seed).sample(mutants, len(mutants)):
        if size is not None and len(chosen) == size:
            break
        if not mutant.changes_nothing:
            chosen.append(mutant)
    return chosen


def run_room(room: Room, mutants: Sequence[Mutant], equivalent: int, seed: int) -> Result:
    """Run the mutants of a room in a process of its own."""
    result = Result(room.name, equivalent=equivalent)
    order = json.dumps({"room": room.name, "seed": seed, "mutants": [mutant.as_json() for mutant in mutants]})
    begun = _state(room)
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        answers, log = Path(folder, "answers"), Path(folder, "log")
        with log.open("w") as output:
            subprocess.run(
                [sys.executable, "-m", f"{__package__}.room_run", str(answers)],
                input=order, text=True, cwd=WORKSPACE, stdout=output, stderr=output, check=False,
            )  # fmt: skip
        lines = [json.loads(line) for line in answers.read_text().splitlines()] if answers.exists() else []
        tail = log.read_text()[-6000:]
        if not lines or lines[0]["failures"]:
            failed = lines[0]["failures"] if lines else ["the process did not start"]
            result.problem = f"the unchanged code fails: {', '.join(failed)}\n{tail}"
            return result
    for line in lines[1:]:
        result.seconds += line["seconds"]
        if line["outcome"] == "killed":
            result.killed += 1
        elif line["outcome"] == "timeout":
            result.timeouts += 1
        else:
            result.survivors.append((Mutant(**line["mutant"]), line["tests"]))
    if result.mutants < len(mutants):
        result.problem = f"only {result.mutants} of {len(mutants)} mutants were run\n{tail}"
    if _state(room) != begun:
        result.problem = "its files or tests were changed during the run"
    return result


def _state(room: Room) -> list[tuple[Path, int]]:
    """When the files of a room were changed last."""
    return [(path, path.stat().st_mtime_ns) for path in (*room.sources(), *room.suites())]


if __name__ == "__main__":
    sys.exit(main())
