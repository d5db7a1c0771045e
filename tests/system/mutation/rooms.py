"""The rooms that are mutated, and the tests that should kill their mutants, the likeliest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devkit.settings import WORKSPACE

KIT = WORKSPACE / "packages/servicekit/src"


@dataclass(frozen=True)
class Room:
    """A room of the kit, or the part of it that does one thing.

    Attributes:
        name: as in `ONLY=` and in the report.
        modules: patterns of files below `servicekit`.
        tests: patterns of files below `tests`.
    """

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def sources(self) -> Iterator[Path]:
        """The files to mutate."""
        return _files(KIT / "servicekit", self.modules)

    def suites(self) -> Iterator[Path]:
        """The files of tests."""
        return _files(WORKSPACE / "tests", self.tests)


ROOMS = (
    Room(
        "auth",
        ("auth/*.py",),
        (
            "servicekit/auth/test_*.py",
            "servicekit/http/test_site.py",
            "servicekit/http/test_metadata_routes.py",
        ),
    ),
    Room(
        "policy",
        ("access/policy*.py", "access/toolsets.py"),
        (
            "servicekit/access/test_policy*.py",
            "servicekit/access/test_toolsets.py",
            "servicekit/access/test_*grants.py",
            "servicekit/registry/test_*.py",
        ),
    ),
    Room(
        "confirmation",
        ("pipeline/confirmation*.py", "pipeline/writes.py", "core/sealed_token.py"),
        (
            "servicekit/pipeline/test_*confirmation*.py",
            "servicekit/pipeline/test_elicitation.py",
            "servicekit/pipeline/test_commits.py",
            "servicekit/pipeline/test_outcomes.py",
            "servicekit/pipeline/test_consent_metrics.py",
            "servicekit/pipeline/test_recovery.py",
            "servicekit/journal/test_redis_consent.py",
            "servicekit/journal/test_redis_journal.py",
            "servicekit/journal/test_idempotency.py",
            "servicekit/core/test_sealed_token.py",
        ),
    ),
    Room(
        "journal",
        ("journal/*.py", "audit/*.py"),
        (
            "servicekit/journal/test_*.py",
            "servicekit/audit/test_*.py",
            "servicekit/pipeline/test_audit.py",
            "servicekit/pipeline/test_stored_confirmations.py",
            "servicekit/cli/test_audit_commands.py",
        ),
    ),
    Room(
        "limits",
        (
            "access/rate_limit.py",
            "access/lease*.py",
            "access/limits.py",
            "access/budgets.py",
            "access/local_counts.py",
            "access/concurrency.py",
        ),
        (
            "servicekit/access/test_rate_limit*.py",
            "servicekit/access/test_*lease*.py",
            "servicekit/access/test_concurrency.py",
            "servicekit/access/test_local_counts.py",
            "servicekit/http/test_rate_limit.py",
            "servicekit/storage/test_store_outage.py",
        ),
    ),
    Room(
        "provenance",
        ("schema/marks.py", "schema/untrusted.py", "registry/preview.py"),
        (
            "servicekit/schema/test_marks*.py",
            "servicekit/schema/test_untrusted*.py",
            "servicekit/registry/test_preview.py",
            "servicekit/schema/test_results.py",
        ),
    ),
)


def _files(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(path for path in folder.glob(pattern) if path.name != "__init__.py")
