"""The audit commands of a service without a database, as an operator and an auditor use them."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from click.testing import Result
from pydantic_settings import SettingsConfigDict
from typer.testing import CliRunner

from servicekit.audit.anchor import AnchorSeries
from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile
from servicekit.audit.file_set import FileSet
from servicekit.audit.hash_chain import serialise_entry
from servicekit.cli import add_audit_commands, audit_file_opener, audit_file_pruner
from servicekit.cli.months import export_range
from servicekit.settings import AuditFileSettings

SECRET = "k" * 32
KEYS = AnchorKeys([SECRET])
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class LibrarySettings(AuditFileSettings):
    model_config = SettingsConfigDict(env_prefix="LIBRARY_")


PROGRAM = typer.Typer()
add_audit_commands(
    PROGRAM, "library", LibrarySettings, audit_file_opener(LibrarySettings), audit_file_pruner(LibrarySettings)
)


class Library:
    """A service whose trail has 20 entries, one a day, over several files, and the log with its anchors."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path, self.log = folder, folder / "trail.jsonl", folder / "library.log"
        self.variables = {
            "LIBRARY_PUBLIC_URL": "https://library.example/mcp",
            "LIBRARY_AUDIT_FILE": str(self.path),
            "LIBRARY_AUDIT_ANCHOR_KEYS": SECRET,
        }
        file, series = (
            AuditFile(self.path, max_bytes=1500),
            AnchorSeries(KEYS, service="library", host="here", instance="one", interval=60),
        )
        file.open()
        texts = list[str]()
        for number in range(20):
            at = NOW - (19 - number) * DAY
            entry = AuditEntry(at, "acme", "ann", "tests", "stdio", "tools/call x", "ok", {"number": number})
            file.append((entry, serialise_entry(entry)))
            if number % 5 == 4:
                texts += series.texts(file.heads.take(), final=number == 19)
        file.close()
        self.log.write_text("".join(json.dumps({"event": "audit anchor", "anchor": text}) + "\n" for text in texts))

    def run(self, *arguments: object, **variables: str) -> Result:
        environment = {**self.variables, **variables}
        return CliRunner().invoke(PROGRAM, ["audit", *map(str, arguments)], env=environment)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    for name in ("PUBLIC_URL", "AUDIT_FILE", "AUDIT_ANCHOR_KEYS"):
        monkeypatch.delenv(f"LIBRARY_{name}", raising=False)
    return Library(tmp_path)


def test_whole_trail_is_verified_with_its_anchors(library: Library) -> None:
    result = library.run("verify", "--anchors", library.log)
    assert result.exit_code == 0, result.output
    assert "20 entries in 1 chains, all unchanged. Compared with 4 anchors, the newest of 20" in result.stdout
    assert "BROKEN" not in result.stdout
    assert "--anchors" not in result.stdout
    assert "\nhead" not in f"\n{result.stdout}"
    assert library.run("verify", "--heads").stdout.count("head file/") == 1


def test_verification_without_anchors_says_what_it_cannot_know(library: Library) -> None:
    result = library.run("verify")
    assert result.exit_code == 0
    assert "note: without --anchors, deleted chains and the end of a chain that was cut off are not found" in (
        result.stdout
    )


def test_entries_cut_off_the_end_are_named(library: Library) -> None:
    library.path.unlink()
    kept = sum(len(file.read_bytes().splitlines()) for file in FileSet(library.path).older())
    assert library.run("verify").exit_code == 0
    result = library.run("verify", "--anchors", library.log)
    assert result.exit_code == 1
    assert f"#{kept + 1} to #20: missing at the end of the chain" in result.stdout


def test_several_logs_follow_one_option(library: Library) -> None:
    lines = library.log.read_text().splitlines(keepends=True)
    first, second = library.folder / "1.log", library.folder / "2.log.gz"
    first.write_text("".join(lines[:2]))
    with gzip.open(second, "wt") as file:
        file.writelines(lines[2:])
    assert library.run("verify", "--anchors", first, second).exit_code == 0
    assert library.run("verify", "--anchors", second, "--anchors", first).exit_code == 0
    assert "are not in the given files" in library.run("verify", "--anchors", second).stdout
    assert library.run("verify", first).exit_code == 2


def test_auditor_needs_only_the_public_key(library: Library) -> None:
    public = library.run("key").stdout.strip()
    out = library.folder / "out.jsonl.gz"
    assert library.run("export", "--to", out).exit_code == 0
    nothing = dict.fromkeys(library.variables, "")
    for more in ([], ["--anchors", library.log]):
        result = library.run("verify", "--public-key", public, "--export", out, *more, **nothing)
        assert result.exit_code == 0, result.output
        assert "20 entries in 1 chains, all unchanged." in result.stdout
    unchecked = library.run("verify", "--export", out, **nothing)
    assert unchecked.exit_code == 0
    assert "the signature of the export was not checked" in unchecked.stdout
    other = library.run("verify", "--public-key", AnchorKeys(["o" * 32]).public_key, "--export", out, **nothing)
    assert (other.exit_code, "not signed by a known key" in other.stdout) == (1, True)


def test_rewritten_export_is_named_by_the_anchors(library: Library) -> None:
    first = library.path.read_bytes()
    for file in [*FileSet(library.path).older(), library.path]:
        file.write_bytes(file.read_bytes().replace(b'\\"ok\\"', b'\\"no\\"'))
    assert first != library.path.read_bytes()
    result = library.run("export", "--to", library.folder)
    assert result.exit_code == 1
    assert "#1: its content does not match its hash" in result.stdout


def test_month_is_exported_by_name(library: Library) -> None:
    result = library.run("export", "--to", library.folder, "--month", f"{NOW:%Y-%m}")
    assert result.exit_code == 0
    name = f"library-audit-{NOW:%Y-%m}.jsonl.gz"
    assert result.stdout.endswith(f"to {library.folder / name}.\n")
    assert library.run("export", "--to", library.folder, "--month", f"{NOW:%Y-%m}").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "--public-key", "x"], "write a public key as `audit key` prints it"),
        (["verify", "--anchors", "/nowhere.log"], "/nowhere.log cannot be used: No such file"),
        (["export", "--to", "/nowhere/x.jsonl"], "/nowhere/x.jsonl cannot be written: No such file"),
        (["export", "--to", "x", "--month", "13"], "write --month as 2026-10"),
        (["export", "--to", "x", "--month", "last", "--since", "2026-01-01"], "give either --month or"),
        (["export", "--to", "x", "--since", "2026-01-02", "--until", "2026-01-02"], "--until must be later"),
        (["verify", "--export", "a.gz", "b.gz", "--anchors", "a.log"], "b.gz stands without an option. Repeat"),
        (["prune", "--before", "2999-01-01"], "--before 2999-01-01 is in the future"),
        (["prune"], "Give --before, or set AUDIT_RETENTION_DAYS"),
    ],
)
def test_wrong_use_is_said_in_words(library: Library, arguments: list[str], words: str) -> None:
    result = library.run(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())


def test_commands_without_keys_say_so(library: Library) -> None:
    without = {"LIBRARY_AUDIT_ANCHOR_KEYS": ""}
    key, anchors = library.run("key", **without), library.run("verify", "--anchors", library.log, **without)
    assert (key.exit_code, key.stderr) == (2, "LIBRARY_AUDIT_ANCHOR_KEYS is not set, so nothing is signed.\n")
    assert (anchors.exit_code, "--public-key" in anchors.stderr) == (2, True)
    export = library.run("export", "--to", library.folder / "out.jsonl", **without)
    assert (export.exit_code, "WARNING the export is not signed" in export.stdout) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--before", f"{NOW - 9 * DAY:%Y-%m-%d}"], {}),
        ([], {"LIBRARY_AUDIT_RETENTION_DAYS": "9"}),
    ],
)
def test_pruned_trail_is_verified(library: Library, arguments: list[str], variables: dict[str, str]) -> None:
    result = library.run("prune", *arguments, **variables)
    assert (result.exit_code, "the cut is signed" in result.stdout) == (0, True), result.output
    verified = library.run("verify", "--anchors", library.log)
    assert verified.exit_code == 0, verified.stdout
    assert "removed by retention" in verified.stdout
    assert library.run("prune", *arguments, **variables).stdout == "Nothing to remove.\n"


def test_removal_without_keys_is_reported_as_such(library: Library) -> None:
    before = f"{NOW - 9 * DAY:%Y-%m-%d}"
    result = library.run("prune", "--before", before, LIBRARY_AUDIT_ANCHOR_KEYS="")
    assert "not signed" in result.stdout
    assert "the signature of this cut was not checked" in library.run("verify", LIBRARY_AUDIT_ANCHOR_KEYS="").stdout
    assert "no known key signed this cut" in library.run("verify").stdout


def test_tail_prints_the_newest_entries(library: Library) -> None:
    lines = [json.loads(line) for line in library.run("tail", "--count", "5").stdout.splitlines()]
    assert [line["number"] for line in lines] == [15, 16, 17, 18, 19]
    assert lines[0]["chain"].startswith("file/")


def test_the_calls_of_a_client_are_found_by_day(library: Library) -> None:
    since, until = (f"{NOW - days * DAY:%Y-%m-%d}" for days in (4, 2))
    found = library.run("find", "--client", "tests", "--subject", "ann", "--since", since, "--until", until)
    assert [json.loads(line)["number"] for line in found.stdout.splitlines()] == [15, 16]
    assert len(library.run("find", "--subject", "ann").stdout.splitlines()) == 20
    for other in ("--client", "--subject"):
        assert library.run("find", other, "bob").stdout == ""
    assert "Give --client, --subject or both" in library.run("find").stderr


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "month", "first", "end"),
    [
        ("2026-01-31T10:00", "last", "2025-12-01", "2026-01-01"),
        ("2026-03-01T00:00", "last", "2026-02-01", "2026-03-01"),
        ("2026-03-01T00:00", "2024-12", "2024-12-01", "2025-01-01"),
        ("2026-03-01T00:00", "2024-02", "2024-02-01", "2024-03-01"),
    ],
)
def test_month_has_its_first_day_and_the_next_months(now: str, month: str, first: str, end: str) -> None:
    assert export_range(month, None, None, _utc(now)) == (_utc(first), _utc(end), first[:7])
