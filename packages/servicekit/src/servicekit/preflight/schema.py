"""What a service's package says of its database: the schema, its tables, and the revisions of its migrations."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from servicekit.journal.tables import WRITER_RIGHTS as JOURNAL_RIGHTS
from servicekit.settings.service import ServiceSettings

_READ: Final = frozenset({"SELECT"})


class ServiceSchema:
    """The schema of a service with a database.

    Args:
        package: the service's package, such as ``orders_mcp``. Its `migrations` has Alembic's layout; `tables` there
            has the schema's name (`SCHEMA`), the tables (`metadata`), and what the writer does with them
            (`WRITER_RIGHTS`: kinds of rights by table).
    """

    def __init__(self, package: str) -> None:
        tables: Any = import_module(f"{package}.migrations.tables")
        self.name: Final[str] = tables.SCHEMA
        self._folder = Path(import_module(f"{package}.migrations").__file__ or "").parent
        names = [table.name for table in tables.metadata.tables.values()]
        self.reader_needs: Final = dict.fromkeys(names, _READ)
        stated: dict[str, str] = {**getattr(tables, "WRITER_RIGHTS", {}), **JOURNAL_RIGHTS}
        self.writer_needs: Final = {
            **self.reader_needs,
            **{name: _READ | frozenset(rights.split()) for name, rights in stated.items()},
        }

    def revisions(self) -> tuple[str | None, set[str]]:
        """The latest revision, and all."""
        from alembic.config import Config  # takes half a second, and only services with a database have it
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(self._folder))
        config.set_main_option("path_separator", "os")
        scripts = ScriptDirectory.from_config(config)
        return scripts.get_current_head(), {script.revision for script in scripts.walk_revisions()}


def schema_of(settings: ServiceSettings) -> ServiceSchema | None:
    """The schema of the service whose settings these are; None where its package has no migrations."""
    package = type(settings).__module__.partition(".")[0]
    return ServiceSchema(package) if find_spec(f"{package}.migrations") is not None else None
