"""Adds the requests of a new server to the evaluation set, so that a third is hard and a third unseen."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

from devkit.errors import DevkitError
from devkit.scaffold.transaction import Transaction

Part = Literal["seen", "unseen"]
Request = Mapping[str, Any]
"""A line of the evaluation set: `request`, `server`, `tools`, `arguments`, `hard` and `kind`."""
FOLDER: Final = Path("tests", "system", "evaluation")
HARD_SHARE: Final = (0.28, 0.4)
"""Least and most share of hard requests among those of a server."""
UNSEEN_SHARE: Final = (0.25, 0.42)
"""Least and most share of unseen requests among the plain ones of a server, and among its hard ones."""
_SALT: Final = "353"
"""Of the first 400 numbers, the one whose split came closest to a third in the first four servers, easy and hard."""
_TRIES: Final = 500


def part_of(request: str) -> Part:
    """The part that a request belongs to. It follows from its words, so adding a request moves no other one."""
    return "unseen" if hashlib.sha256(f"{_SALT}{request}".encode()).digest()[0] % 3 == 0 else "seen"


def is_balanced(requests: Sequence[Request]) -> bool:
    """Whether the requests of one server are split as the evaluation set wants it."""
    hard = [one for one in requests if one["hard"]]
    groups = (hard, [one for one in requests if not one["hard"]])
    shares = [sum(part_of(one["request"]) == "unseen" for one in group) / max(1, len(group)) for group in groups]
    least, most = HARD_SHARE
    return least <= len(hard) / max(1, len(requests)) <= most and all(
        UNSEEN_SHARE[0] <= share <= UNSEEN_SHARE[1] for share in shares
    )


def chosen(candidates: Sequence[Request], present: Sequence[Request] = ()) -> list[Request]:
    """Of the candidates at least one for each tool, so that all requests of the server are balanced.

    Args:
        candidates: several for each tool, plain and hard.
        present: requests that the set has of this server.

    Raises:
        DevkitError: no choice is balanced.
    """
    tools = list(dict.fromkeys(one["tools"][0] for one in candidates))
    for seed in range(_TRIES):
        order = [*candidates]
        Random(seed).shuffle(order)  # noqa: S311 - the same choice on every machine, not a secret
        picked = [next(one for one in order if one["tools"][0] == tool) for tool in tools]
        for extra in sorted({*range(7), len(tools) // 2, len(tools) // 2 + 1}):
            more = [one for one in order if one not in picked][:extra]
            if is_balanced([*present, *picked, *more]):
                return [*picked, *more]
    raise DevkitError(
        "The requests for the evaluation set cannot be split into a third of hard and a third of unseen ones. "
        "Choose another noun."
    )


def with_requests(change: Transaction, workspace: Path, candidates: Sequence[Request], server: str) -> None:
    """Add requests of a server to the files of the evaluation set."""
    if not candidates:
        return
    added = chosen(candidates, [one for one in read_requests(workspace) if one["server"] == server])
    for part in ("seen", "unseen"):
        file = workspace / FOLDER / f"{part}.jsonl"
        lines = [json.dumps(one, ensure_ascii=False) for one in added if part_of(one["request"]) == part]
        change.write(file, "".join(f"{line}\n" for line in (*file.read_text(encoding="utf-8").splitlines(), *lines)))


def without_requests(change: Transaction, workspace: Path, server: str) -> None:
    """Take the requests of a server out of the files of the evaluation set."""
    for part in ("seen", "unseen"):
        file = workspace / FOLDER / f"{part}.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if json.loads(line)["server"] != server]
        if kept != lines:
            change.write(file, "".join(f"{line}\n" for line in kept))


def read_requests(workspace: Path) -> Iterator[Request]:
    """All requests of the evaluation set."""
    for part in ("seen", "unseen"):
        yield from _parsed((workspace / FOLDER / f"{part}.jsonl").read_text(encoding="utf-8").splitlines())


def _parsed(lines: Iterable[str]) -> Iterator[Request]:
    yield from map(json.loads, lines)
