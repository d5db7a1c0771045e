"""The threat model page names code, tests and times that exist, and leaves out no store and no secret."""

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final, get_args

import pytest
from pydantic import SecretStr

from devkit.settings import WORKSPACE
from servicekit.settings.service import ServiceSettings

from .pages import defines, named_links, rows, section

PAGE: Final = WORKSPACE / "docs" / "threat-model.md"
THREATS: Final = list(rows(section(PAGE, "Trust boundaries"), "threat", "what is enforced", "code", "test"))
RETENTION: Final = list(rows(section(PAGE, "Data retention"), "what", "where", "how long", "set by", "who deletes it"))
SECONDS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86400}
KIT: Final = WORKSPACE / "packages" / "servicekit"


def linked(cell: str) -> Iterator[tuple[str, Path]]:
    """Name and file of each link in a cell."""
    for name, target in named_links(cell):
        yield name, (PAGE.parent / target).resolve()


def seconds_in(text: str) -> list[float]:
    """The times that a text names, such as `48 h`, in seconds."""
    return [float(number) * SECONDS[unit] for number, unit in re.findall(r"(\d[\d.]*) (s|min|h|d)\b", text)]


def seconds_of(file: Path, name: str) -> float | None:
    """The value of a constant in seconds; None for another kind of name."""
    parts = file.relative_to(WORKSPACE).with_suffix("").parts
    value = getattr(import_module(".".join(parts[parts.index("src") + 1 :])), name, None)
    value = getattr(value, "lifetime", value)
    return float(value) if isinstance(value, int | float) else None


def secret_settings() -> set[str]:
    """The names of all settings of the fleet that hold a secret."""
    for file in WORKSPACE.glob("services/*/src/*_mcp/settings.py"):
        import_module(f"{file.parent.name}.settings")
    found, classes = set[str](), [ServiceSettings]
    while classes:
        settings = classes.pop()
        classes += settings.__subclasses__()
        if settings.__module__.partition(".")[0] not in ("tests", "conftest"):
            found |= {name for name, field in settings.model_fields.items() if _is_secret(field.annotation)}
    return found


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))


@pytest.mark.parametrize("row", THREATS, ids=lambda row: row[0][:60])
def test_every_threat_names_code_and_test_that_exist(row: list[str]) -> None:
    code, tests = list(linked(row[2])), list(linked(row[3]))
    assert code
    assert tests
    assert [name for name, file in [*code, *tests] if not defines(file, name)] == []
    assert [file for name, file in tests if not (name.startswith("test_") and "tests" in file.parts)] == []


def test_the_tables_of_threats_were_read() -> None:
    boundaries = re.findall(r"^### \d+\.", section(PAGE, "Trust boundaries"), re.MULTILINE)
    assert len(THREATS) > 5 * len(boundaries) > 0


@pytest.mark.parametrize("row", RETENTION, ids=lambda row: row[0][:60])
def test_times_of_retention_are_those_of_the_code(row: list[str]) -> None:
    named = list(linked(row[3]))
    assert [name for name, file in named if not defines(file, name)] == []
    constants = [seconds_of(file, name) for name, file in named if "." not in name]
    assert [value for value in constants if value is not None] == seconds_in(row[2])


def test_every_table_of_the_journal_has_a_retention() -> None:
    sources = (KIT / "src" / "servicekit").glob("*/*tables.py")
    made = {name for source in sources for name in re.findall(r"CREATE TABLE \{schema\}\.(\w+)", source.read_text())}
    where = " ".join(row[1] for row in RETENTION)
    assert made
    assert [name for name in made if f"`{name}`" not in where] == []


def test_every_writer_to_the_store_has_a_retention() -> None:
    """Files that make keys of the shared store are linked, or write under the keys of one that is."""
    sources = [*KIT.glob("src/**/*.py"), *WORKSPACE.glob("services/*/src/**/*.py")]
    writers = {source for source in sources if re.search(r"[\"']mcp:\{", source.read_text(encoding="utf-8"))}
    assert len(writers) > 5
    assert writers - {file for row in RETENTION for _, file in linked(row[3])} == set()


def test_every_secret_setting_is_on_the_page() -> None:
    names = secret_settings()
    assert {"state_keys", "owner_url", "token"} <= names
    table = rows(section(PAGE, "Keys and secrets"), "secret", "what it protects", "to rotate", "what a holder can do")
    listed = " ".join(row[0] for row in table)
    assert [name for name in sorted(names) if f"`{name.upper()}`" not in listed] == []


def test_named_dependencies_are_those_of_the_kit() -> None:
    project = tomllib.loads((KIT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    used = {re.split(r"[\[<>=]", requirement)[0] for requirement in wanted}
    cells = [row[0] for row in rows(section(PAGE, "What security rests on"), "dependency", "for")]
    assert len(cells) > 5
    assert {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)} <= used
