"""The evaluation set: requests in users' words, each with the right tool and the arguments that matter.

`seen.jsonl` may guide those who write descriptions. `unseen.jsonl` only measures: do not read it while you write.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from devkit.scaffold.evaluation import Part

HERE: Final = Path(__file__).parent
PARTS: Final[tuple[Part, ...]] = get_args(Part)
Kind = Literal["plain", "typo", "language", "tempting", "indirect"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True)
class Entry:
    """One request.

    Attributes:
        tools: the right tools: one, or each of several that are equally right.
        arguments: those that the words of the request name. The first tool takes them.
        kind: "tempting" has the words of another tool; "indirect" has none of its own.
    """

    request: str
    server: str
    tools: tuple[str, ...]
    arguments: Mapping[str, Any]
    hard: bool
    kind: Kind
    part: Part


def read_entries() -> list[Entry]:
    """Read both parts."""
    return [
        Entry(**{**row, "tools": tuple(row["tools"])}, part=part)
        for part in PARTS
        for row in map(json.loads, (HERE / f"{part}.jsonl").read_text(encoding="utf-8").splitlines())
    ]
