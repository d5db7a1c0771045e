"""Edits of TOML that keep comments, order and unknown keys."""

from dataclasses import dataclass, field
from typing import Any, cast

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import ParseError, TOMLKitError
from tomlkit.items import InlineTable, Table

from devkit.client.json_document import Unreadable


@dataclass(slots=True)
class TomlDocument:
    """A TOML document and its text."""

    text: str
    _root: tomlkit.TOMLDocument = field(init=False)

    def __post_init__(self) -> None:
        """Parse the text. Raises `Unreadable`."""
        try:
            self._root = tomlkit.parse(self.text)
        except ParseError as problem:
            raise Unreadable(problem.line, str(problem)) from None
        except TOMLKitError as problem:
            raise Unreadable(1, str(problem)) from None

    def content(self) -> dict[str, Any]:
        """Everything in the document."""
        content: dict[str, Any] = self._root.unwrap()
        return content

    def entries(self, table: str) -> dict[str, Any]:
        """The entries of a table, empty where there is none. Raises `Unreadable` for another value."""
        value = self.content().get(table, {})
        if not isinstance(value, dict):
            line = next((at for at, row in enumerate(self.text.splitlines(), 1) if row.strip().startswith(table)), 1)
            raise Unreadable(line, f"{table} must be a table, [{table}.name]")
        return value

    def with_entry(self, table: str, name: str, entry: dict[str, Any]) -> "TomlDocument":
        """The document with an entry set; a new one stands last."""
        self.entries(table)
        root = tomlkit.parse(self.text)
        if table not in root:
            root[table] = tomlkit.table(is_super_table=True)
        parent = cast("Table | InlineTable | Container", root[table])
        item = tomlkit.inline_table() if isinstance(parent, InlineTable) else tomlkit.table()
        item.update(entry)
        parent[name] = item
        return TomlDocument(root.as_string())

    def without_entry(self, table: str, name: str) -> "TomlDocument":
        """The document without an entry, which must be there."""
        root = tomlkit.parse(self.text)
        del cast("Container", root[table])[name]
        return TomlDocument(root.as_string())

    def without_table(self, table: str) -> "TomlDocument":
        """The document without a table, which must be there."""
        root = tomlkit.parse(self.text)
        del root[table]
        return TomlDocument(root.as_string())
