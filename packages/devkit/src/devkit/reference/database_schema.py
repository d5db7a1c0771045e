"""Writes what a server needs of its database, from its migrations, into its package (`servicekit.preflight.schema`)."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from servicekit.journal.tables import WRITER_RIGHTS


def schema_text(package: str) -> str | None:
    """The text of `schema.json` of a package such as ``orders_mcp``; None where it has no migrations.

    Its `migrations` has Alembic's layout; `tables` there has the schema's name (`SCHEMA`), the tables (`metadata`), and
    what the writer does with them (`WRITER_RIGHTS`: kinds of rights by table).
    """
    if find_spec(f"{package}.migrations") is None:
        return None
    tables: Any = import_module(f"{package}.migrations.tables")
    rights: dict[str, str] = {**getattr(tables, "WRITER_RIGHTS", {}), **WRITER_RIGHTS}
    document = {
        "schema": tables.SCHEMA,
        "tables": sorted(table.name for table in tables.metadata.tables.values()),
        "writer": {name: rights[name].split() for name in sorted(rights)},
        "revisions": _revisions(Path(import_module(f"{package}.migrations").__file__ or "").parent),
    }
    return json.dumps(document, indent=2) + "\n"


def _revisions(folder: Path) -> list[str]:
    """The revisions of the migrations in a folder, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
