"""Adds servers to a client's configuration file, and takes exactly them out again."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from devkit.client.json_document import JsonDocument, Unreadable
from devkit.client.toml_document import TomlDocument
from devkit.errors import DevkitError
from servicekit.clients.table import ClientFile

Document = JsonDocument | TomlDocument


@dataclass(slots=True)
class Written:
    """What was written to one file: enough to undo it.

    Attributes:
        client: the client's name.
        entries: the written entries, by server.
        new_file, new_table: whether the file or its table of servers was created for them.
        backup: path of the copy of the file as it was, while nothing but our entries has changed since; else None.
        digest: SHA-256 of the file as it was left.
    """

    client: str
    entries: dict[str, Any] = field(default_factory=dict)
    new_file: bool = False
    new_table: bool = False
    backup: str | None = None
    digest: str = ""


def add(path: Path, form: ClientFile, servers: Mapping[str, str], written: Written) -> list[str]:
    """Write the entries of servers, given as endpoint URL by name, and note them in `written`.

    An entry that was not written by this function is kept. Returns one sentence for each server.

    Raises:
        DevkitError: the file cannot be parsed or written; it is unchanged.
    """
    before = _read(path)
    document = _document(path, before or "", form)
    known = _entries(path, document, form)
    if before is None:
        written.entries.clear()
    sentences: list[str] = []
    changes: dict[str, Any] = {}
    for name, entry in ((name, form.entry(url)) for name, url in servers.items()):
        if known.get(name) == entry:
            sentences.append(f"{name} is there already.")
        elif name in known and known[name] != written.entries.get(name):
            sentences.append(f"{name} is there with other content, which was kept. Rename or remove it first.")
        else:
            changes[name] = entry
            sentences.append(f"{name} was {'updated' if name in known else 'added'}.")
    if not changes:
        return sentences
    new_table = form.table not in document.content()
    wanted = document.content() | {form.table: known | changes}
    for name, entry in changes.items():
        document = document.with_entry(form.table, name, entry)
    first, edited = not written.entries, before is not None and written.digest != _digest(before)
    copy = _replace(path, before, document, wanted, keep=first or edited)
    if first:
        written.new_file, written.new_table, written.backup = before is None, new_table, copy
    elif edited:  # the first copy lacks what the user has changed since
        written.backup, written.new_file = None, False
    if copy is not None:
        sentences.append(f"The file as it was: {copy}")
    written.entries |= changes
    written.digest = _digest(document.text)
    return sentences


def entries_in(path: Path, form: ClientFile) -> dict[str, Any]:
    """The entries in a file, empty where there is none. Raises `DevkitError` where it cannot be parsed."""
    return _entries(path, _document(path, _read(path) or "", form), form)


def remove(path: Path, form: ClientFile, written: Written) -> list[str]:
    """Take out the entries in `written`, except those that the user has changed since.

    Returns one sentence for each entry. Raises `DevkitError` where the file cannot be parsed or written.
    """
    before = _read(path)
    if before is None:
        return [f"{path} is gone already."]
    document = _document(path, before, form)
    known = _entries(path, document, form)
    ours = [name for name, entry in written.entries.items() if known.get(name) == entry]
    sentences = [
        f"{name} was removed." if name in ours else f"{name} was changed or removed by you, and is left as it is."
        for name in written.entries
    ]
    if written.digest == _digest(before) and _restore(path, written):
        return sentences
    wanted = document.content()
    for name in ours:
        document = document.without_entry(form.table, name)
        wanted[form.table] = {key: value for key, value in wanted[form.table].items() if key != name}
    if written.new_table and form.table in wanted and not wanted[form.table]:
        document = document.without_table(form.table)
        del wanted[form.table]
    if ours:
        _replace(path, before, document, wanted)
    if written.backup is not None and Path(written.backup).exists():
        sentences.append(f"You have edited the file since. As it was before the servers: {written.backup}")
    return sentences


def _restore(path: Path, written: Written) -> bool:
    """Put the file back as it was, where nothing else was changed since. Whether that was possible."""
    if written.new_file:
        path.unlink()
        return True
    backup = Path(written.backup) if written.backup is not None else None
    if backup is None or not backup.is_file():
        return False
    backup.replace(path)
    return True


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as problem:
        raise DevkitError(f"{path} cannot be read ({problem}). It was not changed.") from None


def _document(path: Path, text: str, form: ClientFile) -> Document:
    try:
        return TomlDocument(text) if form.toml else JsonDocument(text)
    except Unreadable as problem:
        raise DevkitError(f"{path} cannot be read: {problem}. It was not changed.") from None


def _entries(path: Path, document: Document, form: ClientFile) -> dict[str, Any]:
    try:
        return document.entries(form.table)
    except Unreadable as problem:
        raise DevkitError(f"{path} cannot be used: {problem}. It was not changed.") from None


def _replace(
    path: Path, before: str | None, document: Document, wanted: dict[str, Any], *, keep: bool = False
) -> str | None:
    """Write the document in one step, if it says what is wanted and the file has not changed since it was read.

    With `keep`, an existing file is copied first; returns the path of the copy.
    """
    if document.content() != wanted:
        raise DevkitError(f"{path} has a form that cannot be edited safely, and was not changed. Edit it by hand.")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(document.text.encode())
        if _read(path) != before:
            raise DevkitError(f"{path} was changed by another program meanwhile. Run the command again.")
        if before is None:
            temporary.replace(path)
            return None
        shutil.copymode(path, temporary)
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        copy = str(shutil.copy2(path, path.with_name(f"{path.name}.backup-{stamp}"))) if keep else None
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return copy


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
