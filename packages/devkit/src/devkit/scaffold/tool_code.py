"""The code of a new tool that reads: model, port, adapter, method, test, and requests for the evaluation set."""

from collections.abc import Sequence
from dataclasses import dataclass

from devkit.scaffold.columns import Field, Fields
from devkit.scaffold.evaluation import Request

_MODULES = {"datetime": "datetime", "date": "datetime", "Decimal": "decimal", "UUID": "uuid"}


@dataclass(frozen=True)
class ToolNames:
    """The names of a tool and of its parts.

    Attributes:
        tool: such as ``list_invoices``.
        fixture: the fixture of the server's tests that is a client with the right to read.
        port_module: the module of its port, such as ``ports``.
        source: the expression that makes the object of its method.
    """

    service: str
    title: str
    tool: str
    scope: str
    toolset: str | None
    fixture: str
    port_module: str
    source: str = ""

    @property
    def package(self) -> str:
        return f"{self.service}_mcp"

    @property
    def words(self) -> str:
        """What it lists, in words: ``late invoices`` for ``list_late_invoices``."""
        return " ".join(self.tool.split("_")[1:])

    @property
    def stem(self) -> str:
        """The beginning of its classes' names, such as ``ListInvoices``."""
        return "".join(part.capitalize() for part in self.tool.split("_"))

    @property
    def row(self) -> str:
        """The name of its record, such as ``InvoicesRow``."""
        return "".join(part.capitalize() for part in self.tool.split("_")[1:]) + "Row"

    @property
    def registration(self) -> str:
        """The expression that registers it in app.py."""
        title = f"{self.tool.partition('_')[0].capitalize()} {self.words}"
        toolset = f', toolset="{self.toolset}"' if self.toolset else ""
        return f'read({self.source}.{self.tool}, scope="{self.scope}"{toolset}, title="{title}")'


def model(names: ToolNames, fields: Fields | None) -> str:
    """The record that the tool returns."""
    if fields is None:
        return f'''"""What {names.tool} shows."""

from servicekit.schema import Record


class {names.row}(Record):
    """One of the {names.words}."""

    name: str
    meaning: str


ALL = (
    {names.row}(name="first", meaning="The first of the {names.words}."),
    {names.row}(name="second", meaning="The second of the {names.words}."),
)
"""All {names.words}, sorted by name. Replace them."""
'''
    imports = "".join(
        f"from {_MODULES[kind]} import {kind}\n"
        for kind in sorted({field.type for field in fields.fields} & {*_MODULES})
    )
    has_text = any(field.is_text for field in fields.fields)
    annotated = "from typing import Annotated\n" if has_text else ""
    schema = "Record, Untrusted" if has_text else "Record"
    lines = "\n".join(f"    {field.name}: {_annotation(field)}" for field in fields.fields)
    return f'''"""What {names.tool} shows."""

{imports}{annotated}
from servicekit.schema import {schema}


class {names.row}(Record):
    """One row of the table `{fields.table}`."""

{lines}
'''


def _annotation(field: Field) -> str:
    kind = 'Annotated[str, Untrusted("customer")]' if field.is_text else field.type
    return f"{kind} | None = None" if field.nullable else kind


def port(names: ToolNames) -> tuple[list[str], str]:
    """The imports and the class of the port."""
    imports = [
        "from collections.abc import Sequence",
        "from typing import Protocol",
        f"from {names.package}.models.{names.tool} import {names.row}",
        "from servicekit.schema import CursorKey",
    ]
    return (
        imports,
        f'''class {names.stem}(Protocol):
    """Reads {names.words}."""

    async def page(self, count: int, after: CursorKey | None) -> Sequence[{names.row}]:
        """Up to `count` rows behind a key, in the order of their keys."""
        ...
''',
    )


def adapter(names: ToolNames, fields: Fields) -> str:
    """The port on Postgres."""
    columns = ", ".join(field.name for field in fields.fields)
    key = ", ".join(field.name for field in fields.key)
    placeholders = ", ".join(f"${number}" for number in range(2, len(fields.key) + 2))
    return f'''"""The port of {names.tool} on Postgres. Row-level security limits it to the caller's tenant."""

from collections.abc import Sequence

from {names.package}.models.{names.tool} import {names.row}
from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database

_FIRST = """
SELECT {columns} FROM {fields.schema}.{fields.table}
ORDER BY {key} LIMIT $1
"""
_NEXT = """
SELECT {columns} FROM {fields.schema}.{fields.table}
WHERE ({key}) > ({placeholders}) ORDER BY {key} LIMIT $1
"""


class {names.stem}Query:
    """`{names.stem}` on one `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, count: int, after: CursorKey | None) -> Sequence[{names.row}]:
        rows = await self._database.fetch(_NEXT if after else _FIRST, count, *(after or ()))
        return [{names.row}(**row) for row in rows]
'''  # noqa: S608 - the code of a statement, of names in the metadata


def method(names: ToolNames, fields: Fields | None) -> str:
    """The class with the tool's method."""
    if fields is None:
        return f'''"""The tool {names.tool}."""

from {names.package}.models.{names.tool} import ALL, {names.row}
from servicekit.schema import Page


class {names.stem}Tools:
    async def {names.tool}(self) -> Page[{names.row}]:
        """List the {names.words} that the {names.title} server knows, sorted by name, each with its meaning."""
        return Page(ALL, len(ALL), key=lambda row: (row.name,))
'''
    key = ", ".join(f"str(row.{field.name})" if field.type == "UUID" else f"row.{field.name}" for field in fields.key)
    order = ", ".join(field.name.replace("_", " ") for field in fields.key)
    return f'''"""The tool {names.tool}."""

from {names.package}.models.{names.tool} import {names.row}
from {names.package}.{names.port_module} import {names.stem}
from servicekit.schema import CursorKey, Limit, Page


class {names.stem}Tools:
    def __init__(self, rows: {names.stem}) -> None:
        self._rows = rows

    async def {names.tool}(self, limit: Limit = 20, cursor: CursorKey | None = None) -> Page[{names.row}]:
        """List the {names.words} of the {names.title} server, page by page, in the order of their {order}."""
        rows = await self._rows.page(limit + 1, cursor)
        return Page(rows, limit, key=lambda row: ({key},))
'''


def test(names: ToolNames, fields: Fields | None) -> str:
    """The test through the official client."""
    if fields is None:
        return f'''"""The tool {names.tool}, through the official client."""

from mcp.client import Client

from {names.package}.models.{names.tool} import ALL
from tests.fixtures.calls import walk


async def test_every_one_is_listed(reader: Client) -> None:
    found = await walk(reader, "{names.tool}")
    assert [row["name"] for row in found] == sorted(one.name for one in ALL)
'''.replace("reader", names.fixture)
    return f'''"""The tool {names.tool}, through the official client."""

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from tests.fixtures.calls import walk
from tests.fixtures.databases import owner_of


async def test_pages_cover_the_table_once(reader: Client, urls: DatabaseUrls) -> None:
    async with owner_of(urls) as connection:
        count = await connection.fetchval("SELECT count(*) FROM {fields.schema}.{fields.table}")
    found = await walk(reader, "{names.tool}", limit=50)
    keys = [tuple(row[name] for name in {[field.name for field in fields.key]!r}) for row in found]
    assert len(keys) == len(set(keys)) == count
'''.replace("reader", names.fixture)  # noqa: S608 - as above


def requests(names: ToolNames) -> Sequence[Request]:
    """Candidates for the evaluation set."""
    plain = (
        f"List the {names.words}", f"Show me all {names.words}", f"Which {names.words} are there?",
        f"What {names.words} do we have in {names.title}?", f"I need the {names.words} of {names.title}",
        f"Give me every one of the {names.words}", f"Page through the {names.words}",
    )  # fmt: skip
    hard = {
        f"lsit the {names.words} pls": "typo",
        f"shwo me {names.words} in {names.title}": "typo",
        f"Zeig mir alle {names.words}": "language",
        f"Montre-moi les {names.words}": "language",
        f"Muéstrame todos los {names.words}": "language",
        f"Do not search, I want all {names.words} one after the other": "tempting",
        f"Before I change anything: which {names.words} exist?": "tempting",
    }
    return [
        {"request": words, "server": names.service, "tools": [names.tool], "arguments": {}, "hard": kind != "plain",
         "kind": kind}
        for words, kind in (*((one, "plain") for one in plain), *hard.items())
    ]  # fmt: skip
