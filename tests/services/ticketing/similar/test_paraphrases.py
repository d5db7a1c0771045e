"""Share of paraphrases that find the tickets of their problem. README.md of this folder says how it is judged."""

import json
from pathlib import Path
from typing import Any

from mcp.client import Client

from tests.fixtures.calls import call
from tests.services.ticketing.scene import a_ticket

PROBLEMS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("problems.json").read_text(encoding="utf-8"))
REQUIRED_PERCENT = 80
FIRST = 3


def test_twenty_problems_have_twelve_paraphrases_each() -> None:
    assert len(PROBLEMS) == 20
    for problem in PROBLEMS:
        assert len(set(problem["paraphrases"])) == 12
        assert len(problem["tickets"]) == 2


async def test_paraphrases_find_the_tickets_of_their_problem(clerk: Client) -> None:
    right = []
    for problem in PROBLEMS:
        tickets = [await call(clerk, "create_ticket", **a_ticket(**ticket)) for ticket in problem["tickets"]]
        right.append({ticket["ticket_id"] for ticket in tickets})
    missed, one_found, one_first = [], 0, 0
    for problem, wanted in zip(PROBLEMS, right, strict=True):
        for text in problem["paraphrases"]:
            found = [one["id"] for one in (await call(clerk, "find_similar_tickets", text=text, limit=FIRST))["items"]]
            if not wanted <= set(found):
                missed.append(f"{len(wanted & set(found))} of 2: {text}")
            one_found += not wanted.isdisjoint(found)
            one_first += found[:1] != [] and found[0] in wanted
    count = sum(len(problem["paraphrases"]) for problem in PROBLEMS)
    print("", *missed, sep="\n")
    print(
        f"Of {count} paraphrases, {count - len(missed)} find both tickets among the first {FIRST}, "
        f"{one_found} find one, {one_first} have one in the first place."
    )
    share = 100 * (count - len(missed)) / count
    assert share >= REQUIRED_PERCENT, f"{share:.1f} %"
