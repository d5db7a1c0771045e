"""Files that are reloaded: which edits take effect, and which leave the last good content in use."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from servicekit.access.policy_file import PolicyDocument, parse_policies
from servicekit.settings import configuration_files, reloaded_file
from servicekit.settings.errors import InvalidContent
from servicekit.settings.reloaded_file import ReloadedFile
from tests.servicekit.apps.writes_database import until

GOOD = "---\nversion: 1\nclients: {a: {write: false}}\n...\n"
OTHER = "---\nversion: 1\nclients: {b: {write: false}}\n...\n"

Policies = ReloadedFile[PolicyDocument]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloaded_file, "POLL_INTERVAL", 0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD)
    return path


@asynccontextmanager
async def watched(*places: Path | str) -> AsyncIterator[Policies]:
    file = ReloadedFile("policy", [str(place) for place in places], parse_policies)
    async with file.running():
        yield file


async def becomes(file: Policies, *clients: str) -> None:
    async def is_so() -> bool:
        return sorted(file.content.clients) == sorted(clients)

    await until(is_so)


async def refusal_of(file: Policies) -> str:
    async def refused() -> bool:
        try:
            await file.check()
        except InvalidContent:
            return True
        return False

    await until(refused)
    with pytest.raises(InvalidContent) as refusal:
        await file.check()
    return str(refusal.value)


def write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def remove(path: Path) -> None:
    path.unlink()


def link(path: Path, target: str) -> None:
    path.symlink_to(target)


def make_folder(path: Path) -> None:
    path.mkdir()


def move(path: Path, target: Path) -> None:
    path.rename(target)


def replace(path: Path, text: str) -> None:
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


@pytest.mark.parametrize("edit", [write, replace])
async def test_an_edit_takes_effect_and_is_announced(path: Path, edit: Callable[[Path, str], None]) -> None:
    announced: list[list[str]] = []
    async with watched(path) as file:
        file.on_change(lambda: announced.append(list(file.content.clients)))
        edit(path, OTHER)
        await becomes(file, "b")
        assert announced == [["b"]]
        await file.check()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The policy file is empty."),
        (b"\n\n  \n", "The policy file is empty."),
        (GOOD[:-4].encode(), "The policy file ends early"),
        (GOOD[:30].encode(), "The policy file"),
        (b"\xff\xfe" + GOOD.encode("utf-16-le"), "The policy file cannot be read: not UTF-8."),
        (b"version: 1\nclients: {a: &a {}, b: *a}", "has an anchor"),
        (b"#" * 200_000, "The policy file is larger than"),
        (b"clients: {}", "version: Field required"),
    ],
)
async def test_a_bad_edit_keeps_the_last_good_content(
    path: Path, content: bytes, words: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(configuration_files, "MAX_BYTES", 100_000)
    async with watched(path) as file:
        write(path, content)
        assert words in await refusal_of(file)
        assert list(file.content.clients) == ["a"]
        assert [vars(line)["reason"] for line in caplog.records] == [await refusal_of(file)]
        write(path, OTHER)
        await becomes(file, "b")
        await file.check()


async def test_a_removed_file_keeps_the_last_good_content(path: Path) -> None:
    async with watched(path) as file:
        remove(path)
        assert "No such file" in await refusal_of(file)
        assert list(file.content.clients) == ["a"]


async def test_a_pipe_in_place_of_a_file_is_refused(path: Path) -> None:
    async with watched(path) as file:
        remove(path)
        os.mkfifo(path)
        assert "not a regular file" in await refusal_of(file)


async def test_a_file_that_is_still_written_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look finds another size, as with an editor that writes in steps."""
    monkeypatch.setattr(reloaded_file, "POLL_INTERVAL", 0.05)
    async with watched(path) as file:
        for length in range(4, len(OTHER), 4):
            write(path, OTHER[:length])
            await asyncio.sleep(0.01)
        write(path, OTHER)
        await becomes(file, "b")


async def test_files_of_a_folder_come_and_go(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", GOOD)
    write(tmp_path / "notes.txt", "no policy")
    write(tmp_path / ".b.yaml.swp", "no policy")
    async with watched(tmp_path) as file:
        assert list(file.content.clients) == ["a"]
        write(tmp_path / "b.yml", OTHER)
        await becomes(file, "a", "b")
        write(tmp_path / "b.yml", OTHER.replace("b:", "c:"))
        await becomes(file, "a", "c")
        remove(tmp_path / "a.yaml")
        await becomes(file, "c")
        remove(tmp_path / "b.yml")
        assert f"there is no .yaml or .yml file at {tmp_path}." in await refusal_of(file)
        assert list(file.content.clients) == ["c"]


async def test_a_config_map_is_swapped_as_a_whole(tmp_path: Path) -> None:
    """Kubernetes mounts links to `..data`, which links to a folder, and replaces that link."""
    for version, text in (("..1", GOOD), ("..2", OTHER)):
        make_folder(tmp_path / version)
        write(tmp_path / version / "team.yaml", text)
    link(tmp_path / "..data", "..1")
    link(tmp_path / "team.yaml", "..data/team.yaml")
    async with watched(tmp_path) as file, watched(tmp_path / "team.yaml") as single:
        assert list(file.content.clients) == ["a"]
        link(tmp_path / "..new", "..2")
        move(tmp_path / "..new", tmp_path / "..data")
        await becomes(file, "b")
        await becomes(single, "b")


async def test_several_places_and_patterns_are_read_once_each(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", GOOD)
    write(tmp_path / "b.yaml", OTHER)
    async with watched(tmp_path / "a.yaml", tmp_path / "*.yaml", tmp_path) as file:
        assert sorted(file.content.clients) == ["a", "b"]


async def test_a_client_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "sales.yaml", GOOD)
    write(tmp_path / "support.yaml", OTHER)
    async with watched(tmp_path) as file:
        write(tmp_path / "support.yaml", OTHER.replace("b:", "a:"))
        words = await refusal_of(file)
        assert words == (
            f"The client a is in two policy files, {tmp_path / 'sales.yaml'} and {tmp_path / 'support.yaml'}. Keep one."
        )
        assert sorted(file.content.clients) == ["a", "b"]


def test_only_one_file_may_have_a_default(tmp_path: Path) -> None:
    for name in ("sales", "support"):
        write(tmp_path / f"{name}.yaml", "version: 1\ndefault: {write: false}\n")
    with pytest.raises(InvalidContent, match=r"Two policy files have a default, .*sales.yaml and .*support.yaml"):
        ReloadedFile("policy", [str(tmp_path)], parse_policies)


def test_a_broken_file_among_several_is_named(tmp_path: Path) -> None:
    write(tmp_path / "sales.yaml", GOOD)
    write(tmp_path / "support.yaml", "version: 2\n")
    with pytest.raises(InvalidContent, match=r"The policy file .*support.yaml breaks its schema. version"):
        ReloadedFile("policy", [str(tmp_path)], parse_policies)


async def test_a_file_of_ten_thousand_clients_does_not_hold_the_loop(path: Path) -> None:
    clients = {
        f"client-{number:05}": {
            "tools": ["search_*", "get_*", "list_*"],
            "write": False,
            "max_records": 20,
            "limits": {"caller": 60, "tool": 30},
            "grants": {"repositories": [f"acme/r{number}"]},
        }
        for number in range(10_000)
    }
    text = yaml.dump({"version": 1, "clients": clients}, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
    async with watched(path) as file:
        write(path, text)
        worst, last = 0.0, time.perf_counter()
        while len(file.content.clients) < 10_000:
            await asyncio.sleep(0.001)
            await file.check()
            worst, last = max(worst, time.perf_counter() - last), time.perf_counter()
    assert worst < 0.25, f"the loop stood for {worst:.3f} s"  # some 15 ms alone; 1 200 in one piece
