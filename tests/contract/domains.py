"""The servers of the fleet that own a database, by the names that every one of them keeps."""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

from alembic.script import ScriptDirectory

from devkit.stores.databases import DatabaseUrls
from devkit.workspace.composition import settings_type_of
from devkit.workspace.services import ServiceDescription
from servicekit.storage.migrations import migrate

JOURNAL = {"audit_cuts", "audit_log", "pending_confirmations", "used_consents", "write_journal", "wrong_codes"}
"""The kit's own tables in each schema."""


def variables(description: ServiceDescription, settings: Mapping[str, object]) -> dict[str, str]:
    """Settings of a service as variables of its environment."""
    return {f"{description.prefix}{name.upper()}": str(value) for name, value in settings.items()}


def database_settings(urls: DatabaseUrls) -> dict[str, str]:
    """The settings of a service that owns a database."""
    return {"owner_url": urls.owner, "writer_url": urls.writer, "reader_url": urls.reader}


class Domain:
    """What a service has for its database."""

    def __init__(self, description: ServiceDescription) -> None:
        self.description = description
        self.name = name = description.name
        self.program = import_module(f"{name}_mcp.__main__").program
        self.settings_type = settings_type_of(name)
        self.migrate = partial(migrate, package=f"{name}_mcp")
        tables = import_module(f"{name}_mcp.migrations.tables")
        self.steps = str(Path(import_module(f"{name}_mcp.migrations").__file__ or "").parent)
        self.head = ScriptDirectory(self.steps).get_current_head()
        self.schema: str = tables.SCHEMA
        self.metadata = tables.metadata
        self.tables = sorted(table.name for table in self.metadata.tables.values())
        infos = {table.name: table.info for table in self.metadata.tables.values()}
        self.deletable = {name for name, info in infos.items() if info.get("derived") or info.get("until_placed")}
        """Tables whose rows follow from other tables, or hold of unplaced and unsent orders alone, so the writer may
        delete them."""
