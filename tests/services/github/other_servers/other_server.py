"""Data of the simulated server other than github.com: an organisation with two repositories, and large ids."""

from datetime import UTC, datetime
from itertools import count

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.accounts import Account, Identity
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run, Step
from devkit.simulators.github.world import SIMULATED_TOKEN, World

BASE = "/api/v3"
WIDGET = {"owner": "Tools", "repo": "widget"}
BEGINNING = datetime(2026, 3, 1, 10, tzinfo=UTC)
LARGE = b"0123456789abcde\n" * 100_000
FILES = {
    "README.md": b"# Widget: print\n",
    "src/main.py": b"print('hi')\n",
    "large.txt": LARGE,
    "empty": b"",
    "docs/use.md": b"How to print\n",
}
BOT = Account(1, "tools[bot]", "Bot")
AUTHOR = Account(2, "author", name="A. Author")
TOOLS = Account(3, "Tools", "Organization", members=frozenset({BOT.login, AUTHOR.login}))
LONG_LOG = 300_000
"""Lines of the log of the last job: about 12 MB."""


def fill(world: World) -> World:
    """The public Tools/widget and the private Tools/vault; the server acts as an App's installation."""
    world._ids = count(2**52)
    for account in (BOT, AUTHOR, TOOLS):
        world.add_account(account)
    world.identities[SIMULATED_TOKEN] = Identity(BOT)
    for name, private in (("widget", False), ("vault", True)):
        repository = world.add_repository(TOOLS, name, private=private, description="", branch="trunk")
        _commits(repository)
        for number in range(1, 6):
            world.add_issue(repository, AUTHOR, f"Issue {number} of {name}", None)
        branches = repository.git.branches()
        pull = Pull("better", "trunk", branches["better"], branches["trunk"])
        world.add_issue(repository, AUTHOR, "An issue to make better", None, pull=pull)
        repository.runs.append(_run(world, branches["better"]))
    return world


def _commits(repository: Repository) -> None:
    git, who = repository.git, f"{AUTHOR.name} <author@example.com>"
    tree = git.add_tree({path: (FILE_MODE, git.add_blob(content)) for path, content in FILES.items()})
    first = git.add_commit(tree, [], "Begin", who, BEGINNING)
    better = git.add_tree({"README.md": (FILE_MODE, git.add_blob(b"# Better\n"))}, tree)
    git.set_ref("refs/heads/trunk", first)
    git.set_ref("refs/heads/better", git.add_commit(better, [first], "Better", who, BEGINNING))


def _run(world: World, sha: str) -> Run:
    """120 jobs, of which number 110 failed; the last has a very long log."""
    jobs = [
        Job(world.new_id(), f"job {number}", [Step("Work", "failure" if number == 110 else "success", ["first"])])
        for number in range(119)
    ]
    jobs.append(Job(world.new_id(), "job 119", [Step("Work", "success", ["one more line"] * LONG_LOG + ["last"])]))
    return Run(world.new_id(), "CI", "better", sha, world.now(), jobs)
