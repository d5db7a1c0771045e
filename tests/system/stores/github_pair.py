"""Two replicas of the github server, whose journal is in Redis, on a simulated GitHub."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from devkit.issuer.testing import RunningIssuer
from devkit.simulators.github.world import SIMULATED_TOKEN
from tests.system.attack.fleet import TENANTS, Fleet, Server

from .crowd import Arguments, Crowd, Turns

_SITE = {"owner": "acme", "repo": "payments"}
"""A private repository: after the store lost its records, writes to a public one ask for a confirmation."""


class GithubWork:
    """Reads issues, and files new ones."""

    def read(self, luck: random.Random, tenant: str, made: Sequence[str]) -> tuple[str, Arguments]:  # noqa: ARG002
        """The list, an issue that is there, or one that the caller has just filed."""
        if luck.random() < 0.2:
            return "list_issues", {**_SITE, "limit": 5}
        return "get_issue", {**_SITE, "issue_number": int(made[-1]) if made else 1}

    def write(self, luck: random.Random, tenant: str, mark: str) -> tuple[str, Arguments]:  # noqa: ARG002
        """An issue with the mark as its title."""
        return "create_issue", {**_SITE, "title": mark}

    def made(self, answer: dict[str, Any]) -> str:
        """The issue's number."""
        return str(answer["number"])

    def foreign(self, tenant: str, text: str) -> set[str]:  # noqa: ARG002
        """Nothing: GitHub's data belongs to no tenant."""
        return set()


class GithubPair:
    """The replicas."""

    def __init__(self, replicas: Sequence[Server]) -> None:
        self._replicas = replicas

    def crowd(self, luck: random.Random) -> Crowd:
        """Callers of both replicas."""
        return Crowd(GithubWork(), self._client, luck, TENANTS)

    async def judge(self, crowd: Crowd) -> list[str]:
        """What breaks the rules, after the table was printed."""
        found = Counter[str]()
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {SIMULATED_TOKEN}"}) as http:
            page, issues = 1, [{"title": ""}]
            while issues:
                url = f"{self._replicas[0].upstream}/repos/acme/payments/issues?per_page=100&state=all&page={page}"
                issues = (await http.get(url)).json()
                found.update(issue["title"] for issue in issues)
                page += 1
        marks = Counter({title: count for title, count in found.items() if title.startswith("mark-")})
        problems = crowd.judge(marks)
        print(f"{marks.total()} issues, {len(crowd.acknowledged)} acknowledged")
        return problems

    def _client(self, number: int, tenant: str) -> Turns:
        return Turns([replica.wire(tenant, f"caller-{number}") for replica in self._replicas])


@contextmanager
def github_pair(
    issuer: RunningIssuer, folder: Path, redis_url: str, change: Callable[[], dict[str, Any]] = dict
) -> Iterator[GithubPair]:
    """The replicas, running. `change` makes further settings of one replica."""
    with ExitStack() as stack:
        fleet = Fleet("", redis_url, issuer, folder, stack)
        yield GithubPair([fleet.start("github", log_level="warning", **change()) for _ in range(2)])
