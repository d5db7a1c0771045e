"""`make connect WRITE=1` and `make disconnect`: the servers of the development stack in the clients of this machine."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from devkit.client.client_file import Written, add, entries_in, remove
from devkit.client.installed import Installation, Machine, installations
from devkit.errors import DevkitError
from servicekit.clients.table import FILES

CLAUDE_CODE = "claude-code"


def connect(machine: Machine, records: Path, servers: Mapping[str, str], client: str | None) -> list[str]:
    """Add servers, given as endpoint URL by name, to one client, or to every client that is installed.

    Args:
        records: the file that remembers what was written, for `disconnect`.

    Returns a sentence for each change. Raises `DevkitError` at the first file that cannot be edited.
    """
    found = installations(machine)
    if client is not None and client not in found:
        raise DevkitError(f"{client} has no configuration file. See make connect CLIENT={client}.")
    chosen = [found[client]] if client is not None else [one for one in found.values() if one.sign is not None]
    if not chosen:
        raise DevkitError(
            f"No client was found on this machine. Name one: make connect WRITE=1 CLIENT={next(iter(found))}."
        )
    return [sentence for one in chosen for sentence in _connect_one(machine, records, servers, one)]


def disconnect(machine: Machine, records: Path, client: str | None) -> list[str]:
    """Undo what `connect` wrote, for one client or all. Returns a sentence for each change."""
    sentences: list[str] = []
    for file, written in _read(records).items():
        if client not in (None, written.client):
            continue
        path = Path(file)
        with _explained(path):
            if written.client == CLAUDE_CODE:
                done = _remove_from_claude(machine, path, written)
            else:
                done = remove(path, FILES[written.client], written)
        _write(records, {key: value for key, value in _read(records).items() if key != file})
        sentences += [f"{written.client}: {sentence}" for sentence in done]
    return sentences or ["Nothing was written by make connect."]


def _connect_one(machine: Machine, records: Path, servers: Mapping[str, str], one: Installation) -> list[str]:
    path = one.file.resolve()  # the file behind a link stays where it is
    known = _read(records)
    written = known.get(str(path)) or Written(one.client)
    with _explained(path):
        if one.client == CLAUDE_CODE:
            done = _add_to_claude(machine, path, servers, written)
        else:
            done = add(path, FILES[one.client], servers, written)
    if written.entries:
        _write(records, known | {str(path): written})
    return [f"{one.client} ({path}): {sentence}" for sentence in done]


def _add_to_claude(machine: Machine, path: Path, servers: Mapping[str, str], written: Written) -> list[str]:
    """Claude Code writes its file itself, also while this runs: its own command adds the servers."""
    form = FILES[CLAUDE_CODE]
    sentences: list[str] = []
    for name, url in servers.items():
        known = entries_in(path, form)
        entry = form.entry(url)
        if known.get(name) == entry:
            sentences.append(f"{name} is there already.")
        elif name in known and known[name] != written.entries.get(name):
            sentences.append(f"{name} is there with other content, which was kept. Rename or remove it first.")
        else:
            if name in known:
                _claude(machine, "remove", "--scope", "user", name)
            _claude(machine, "add", "--scope", "user", "--transport", "http", name, url)
            written.entries[name] = entry
            sentences.append(f"{name} was {'updated' if name in known else 'added'}.")
    return sentences


def _remove_from_claude(machine: Machine, path: Path, written: Written) -> list[str]:
    sentences: list[str] = []
    for name, entry in written.entries.items():
        if entries_in(path, FILES[CLAUDE_CODE]).get(name) == entry:
            _claude(machine, "remove", "--scope", "user", name)
            sentences.append(f"{name} was removed.")
        else:
            sentences.append(f"{name} was changed or removed by you, and is left as it is.")
    return sentences


def _claude(machine: Machine, *words: str) -> None:
    program = machine.program("claude")
    if program is None:
        raise DevkitError("claude is not on PATH. In this folder Claude Code reads .mcp.json, which has the servers.")
    done = subprocess.run(
        [program, "mcp", *words], env=dict(machine.environment), capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise DevkitError(f"claude mcp {words[0]} failed: {(done.stderr or done.stdout).strip()}")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise DevkitError(f"{path} cannot be written ({problem.strerror}). It was not changed.") from None


def _read(records: Path) -> dict[str, Written]:
    try:
        content = json.loads(records.read_text(encoding="utf-8"))
        return {file: Written(**record) for file, record in content.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError):
        raise DevkitError(
            f"{records} is damaged. Delete it, and remove the servers from the clients by hand."
        ) from None


def _write(records: Path, written: Mapping[str, Written]) -> None:
    if not written:
        records.unlink(missing_ok=True)
        return
    descriptor, name = tempfile.mkstemp(dir=records.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({path: asdict(one) for path, one in written.items()}, file, indent=1)
    Path(name).replace(records)
