"""What the pages name exists: files, links with their anchors, modules of the kit, and where each rule is decided."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE

from .pages import defines, section

PAGES = sorted([*WORKSPACE.glob("*.md"), *WORKSPACE.glob("docs/**/*.md"), *WORKSPACE.glob("services/*/README.md")])
SOURCES = [
    WORKSPACE,
    WORKSPACE / "packages" / "servicekit" / "src",
    WORKSPACE / "packages" / "servicekit" / "src" / "servicekit",
    WORKSPACE / "packages" / "devkit" / "src",
    *WORKSPACE.glob("services/*/src/*_mcp"),
    *WORKSPACE.glob("packages/devkit/src/devkit/scaffold/templates/*"),  # of the server that the tutorial makes
]
ARCHITECTURE = WORKSPACE / "docs" / "architecture.md"


def relative(path: Path) -> str:
    return path.relative_to(WORKSPACE).as_posix()


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def targets(page: Path) -> Iterator[tuple[Path, str]]:
    """The file and the anchor of each relative link."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" not in link:
            name, _, anchor = link.partition("#")
            yield (page.parent / name).resolve() if name else page, anchor


def spans(page: Path, pattern: str) -> set[str]:
    """The code spans of a page that match a pattern as a whole."""
    return set(re.findall(rf"`({pattern})`", prose(page)))


def decisions() -> Iterator[tuple[str, str]]:
    """File and name of each row of the table "Where is it decided?"."""
    for row in section(ARCHITECTURE, "Where is it decided?").splitlines():
        if (link := re.search(r"\]\(([^)]+)\)", row)) is not None:
            cell = row.rstrip("| ").rpartition("|")[2]
            yield from ((link[1], name) for name in re.findall(r"`([\w.]+)`", cell))


def exists(dotted: str) -> bool:
    """Whether a dotted name is a module, or a name in one."""
    try:
        import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        return hasattr(import_module(module), name)
    return True


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_relative_links_and_anchors_resolve(page: Path) -> None:
    for target, anchor in targets(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{relative(target)}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_named_modules_exist(page: Path) -> None:
    assert [name for name in spans(page, r"servicekit(?:\.\w+)*") if not exists(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_named_files_exist(page: Path) -> None:
    names = spans(page, r"[\w./]+/[\w.-]+\.(?:py|txt|yaml|yml|sh|conf|toml)")
    assert [name for name in names if not any((source / name).exists() for source in SOURCES)] == []


@pytest.mark.parametrize(("file", "name"), list(decisions()))
def test_each_decision_is_defined_where_the_page_says(file: str, name: str) -> None:
    assert defines(ARCHITECTURE.parent / file, name)


def test_the_table_of_decisions_was_read() -> None:
    assert len(list(decisions())) > 10


def test_the_architecture_page_lists_every_room() -> None:
    kit = WORKSPACE / "packages" / "servicekit" / "src" / "servicekit"
    rooms = {folder.name for folder in kit.iterdir() if (folder / "__init__.py").exists()}
    cells = [row.split("|")[1] for row in section(ARCHITECTURE, "The kit").splitlines() if row.startswith("| `")]
    assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == rooms
