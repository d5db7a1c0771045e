"""The simulator's initial data: three owners and five repositories with a history."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from devkit.simulators.github import seed_files as files
from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.pull_branches import changes_of
from devkit.simulators.github.records.accounts import Account, Identity, Team
from devkit.simulators.github.records.protection import Protection
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.releases import Release
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.reviews import Review, ReviewComment, Thread
from devkit.simulators.github.records.workflows import Artifact, Job, Run, Step
from devkit.simulators.github.review_lines import place_of
from devkit.simulators.github.seed_planning import plan, raise_alerts
from devkit.simulators.github.seed_shapes import add_shapes
from devkit.simulators.github.world import SIMULATED_TOKEN, World

BEGINNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Time of each repository's first commit."""

MONA = Account(1, "mona", name="Mona Lisa")
HUBOT = Account(2, "hubot", name="Hu Bot")
PLATFORM = Team(31, "platform", "Platform", "Keeps the site running", frozenset({"mona"}))
REVIEWERS = Team(32, "code-reviewers", "Code reviewers", None, frozenset({"mona", "hubot"}))
ACME = Account(3, "acme", "Organization", "Acme", frozenset({"mona", "hubot"}), (PLATFORM, REVIEWERS))
GLOBEX = Account(4, "globex", "Organization", "Globex", frozenset({"hubot"}))
STRANGER = Account(5, "drifter", name="A Stranger")

Changes = Mapping[str, str | bytes]


class _Writer:
    """Commits to one repository, an hour apart."""

    def __init__(self, repository: Repository, author: Account) -> None:
        self._repository = repository
        self._author = author.as_author
        self._when = BEGINNING

    def commit(self, branch: str, message: str, changes: Changes, start: str | None = None) -> str:
        """Write files to a branch, created from `start` if it is new; returns the commit."""
        git = self._repository.git
        parent = git.branches().get(branch) or start
        written = {
            path: (FILE_MODE, git.add_blob(content.encode() if isinstance(content, str) else content))
            for path, content in changes.items()
        }
        tree = git.add_tree(written, git.commit(parent).tree.decode() if parent else None)
        self._when += timedelta(hours=1)
        sha = git.add_commit(tree, [parent] if parent else [], message, self._author, self._when)
        git.set_ref(f"refs/heads/{branch}", sha)
        self._repository.created_at = BEGINNING
        self._repository.pushed_at = self._when
        return sha


def seed(world: World) -> World:
    """Fill a world. `SIMULATED_TOKEN` is the token of mona, a member of acme but not of globex."""
    for account in (MONA, HUBOT, ACME, GLOBEX, STRANGER):
        world.add_account(account)
    world.identities[SIMULATED_TOKEN] = Identity(MONA)
    _website(world)
    _handbook(world)
    _payments(world)
    _rockets(world)
    _vault(world)
    plan(world)
    raise_alerts(world)
    return world


def _website(world: World) -> None:
    site = world.add_repository(ACME, "website", private=False, description="The public site", language="Python")
    site.topics = ("website", "search")
    writer = _Writer(site, MONA)
    writer.commit("main", "Begin the site", {"README.md": files.README, "site/__init__.py": ""})
    writer.commit("main", "Add search over the pages", {"site/search.py": files.SEARCH})
    workflows = {".github/workflows/ci.yml": files.WORKFLOW, ".github/workflows/deploy.yml": files.DEPLOY}
    writer.commit("main", "Run the tests on every push", workflows)
    writer.commit("main", "Show the logo", {"assets/logo.png": files.logo()})
    released = writer.commit("main", "Say how the site is run", {"docs/operations.md": files.OPERATIONS})
    site.git.set_ref("refs/tags/v1.0.0", released)
    notes = "The first release: pages, search, a logo."
    site.releases.append(Release(world.new_id(), "v1.0.0", "main", "First release", notes, MONA, BEGINNING))
    main = writer.commit("main", "Keep the words short", {"README.md": files.README.replace("public ", "")})
    ranked = writer.commit("feature/ranking", "Rank what is found", {"site/search.py": files.RANKED_SEARCH}, start=main)
    fixed = writer.commit("fix/health", "Name the health route", {"docs/health.md": "GET /health\n"}, start=main)
    world.add_issue(
        site, STRANGER, "Search finds nothing for umlauts", "Searching for `Straße` finds no page.", labels=["bug"]
    )
    second = world.add_issue(site, MONA, "Write down the release steps", None, labels=["documentation"])
    world.add_comment(second, HUBOT, "I can take this one.")
    body = "Pages that hold a word more often come first."
    ranking = Pull("feature/ranking", "main", ranked, main)
    world.add_issue(site, HUBOT, "Rank what search finds", body, pull=ranking)
    _review(world, site, ranking)
    health = Pull("fix/health", "main", fixed, main)
    world.add_issue(site, HUBOT, "Name the health route", "Says where to look.", pull=health)
    site.runs += [_run(world, ranked, "feature/ranking", fails=True), _run(world, fixed, "fix/health", fails=False)]
    site.runs.append(_deployment(world, main))


def _review(world: World, site: Repository, pull: Pull) -> None:
    """A review that requests changes, with an open and a resolved thread."""
    review = Review(world.new_id(), STRANGER, "Two remarks.", BEGINNING, "CHANGES_REQUESTED", pull.head_sha)
    pull.reviews.append(review)
    (patch,) = (one.patch for one in changes_of(site, pull) if one.path == "site/search.py")
    shown = [line for line in range(1, 100) if place_of(patch, line, "RIGHT") is not None]
    for line, words in ((shown[1], "Is this fast enough?"), (shown[-1], "A test would help.")):
        place = place_of(patch, line, "RIGHT")
        if place is None:
            raise ValueError(line)
        thread = Thread(world.new_id(), "site/search.py", line, "RIGHT", pull.head_sha, place.hunk, place.position)
        thread.comments.append(ReviewComment(thread.id, STRANGER, words, BEGINNING, review.id))
        pull.threads.append(thread)
    pull.threads[0].comments.append(ReviewComment(world.new_id(), HUBOT, "Yes: measured.", BEGINNING, review.id))
    pull.threads[1].resolved_by = HUBOT


def _run(world: World, sha: str, branch: str, *, fails: bool) -> Run:
    lint = Job(world.new_id(), "lint", [Step("Run make lint", "success", ["ruff check: all checks passed"])])
    lines = files.long_log(3000) if fails else ["3007 passed in 3.20s"]
    steps = [
        Step("Set up job", "success", ["Runner version 2.330.0"]),
        Step("Run make test", "failure" if fails else "success", lines),
        Step("Upload coverage", "skipped" if fails else "success", []),
    ]
    created = world.now() - timedelta(hours=2)
    run = Run(world.new_id(), "CI", branch, sha, created, [lint, Job(world.new_id(), "test", steps)], actor=HUBOT)
    run.artifacts.append(Artifact(world.new_id(), "coverage", 48_211, created, created + timedelta(days=90)))
    return run


def _deployment(world: World, sha: str) -> Run:
    """A run of every kind of job without a log, besides the one that failed."""
    not_started = "The job was not started because no runner with the label gpu was found."
    jobs = [
        Job(world.new_id(), "build", [Step("Run make build", "success", ["Built."])], log_status=410),
        Job(world.new_id(), "migrate", [Step("Run make migrate", "failure", ["relation already exists"])]),
        Job(world.new_id(), "train", [], log_status=404, result="failure", annotations=[not_started]),
        Job(world.new_id(), "notify", [], log_status=404, result="cancelled"),
        Job(world.new_id(), "publish", [], result="skipped"),
    ]
    created = world.now() - timedelta(hours=1)
    run = Run(world.new_id(), "Deploy", "main", sha, created, jobs, event="workflow_dispatch", actor=MONA)
    run.path = ".github/workflows/deploy.yml"
    return run


def _handbook(world: World) -> None:
    book = world.add_repository(ACME, "handbook", private=False, description="How we work")
    writer = _Writer(book, HUBOT)
    writer.commit("main", "Begin the handbook", {"README.md": "# Handbook\n\nHow we work at Acme.\n"})
    writer.commit("main", "Add the catalogue", {"data/catalogue.csv": files.catalogue()})
    writer.commit(
        "main", "Add a page in another script", {"docs/größe und maß.md": "# Größe\n\nMaße in Millimetern.\n"}
    )
    add_shapes(world, book, HUBOT, BEGINNING + timedelta(days=1))


def _payments(world: World) -> None:
    private = world.add_repository(ACME, "payments", private=True, description="The ledger", language="Python")
    writer = _Writer(private, MONA)
    writer.commit("main", "Begin the ledger", {"README.md": "# Payments\n\nInternal.\n", "ledger.py": files.LEDGER})
    writer.commit("main", "Write down the incident", {"docs/incident.md": files.INCIDENT})
    private.protections["main"] = Protection(approvals=1, conversations=True)
    private.admins = frozenset({"hubot"})
    issue = world.add_issue(private, MONA, "Settlement ran twice", "Northwind was paid double on 14 March.")
    world.add_comment(issue, HUBOT, "The bank agreed to send it back by Friday. Not public yet.")


def _rockets(world: World) -> None:
    rockets = world.add_repository(GLOBEX, "rockets", private=False, description="Orbits, simulated", language="Python")
    writer = _Writer(rockets, HUBOT)
    writer.commit("main", "Begin the orbits", {"README.md": "# Rockets\n", "orbit.py": "STEPS = 400\n"})
    world.add_issue(rockets, STRANGER, "Orbit drifts", files.INJECTION, labels=["bug"])


def _vault(world: World) -> None:
    vault = world.add_repository(GLOBEX, "vault", private=True, description="Invisible to mona")
    _Writer(vault, HUBOT).commit("main", "Begin", {"README.md": "# Vault\n\nglobex-only-secret\n"})
    world.add_issue(vault, HUBOT, "Umlauts in the vault", "globex-only-secret")
