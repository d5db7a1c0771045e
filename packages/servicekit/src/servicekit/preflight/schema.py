"""What a server needs of its database: the schema, rights on its tables, and the revisions of its migrations.

`make reference` writes it from the migrations into `schema.json` of the server's package, because the image that serves
has neither the migrations nor SQLAlchemy and Alembic to read them with.
"""

import json
from importlib.resources import files
from typing import Any, Final

from servicekit.settings.service import ServiceSettings

FILE: Final = "schema.json"
_READ: Final = frozenset({"SELECT"})


class ServiceSchema:
    """The schema of a service with a database.

    Args:
        package: the service's package, such as ``orders_mcp``. Its `schema.json` has the keys `schema` (name),
            `tables`, `writer` (kinds of rights by table) and `revisions` (oldest first).
    """

    def __init__(self, package: str) -> None:
        stated: dict[str, Any] = json.loads(files(package).joinpath(FILE).read_text(encoding="utf-8"))
        self.name: Final[str] = stated["schema"]
        self._revisions: Final[list[str]] = stated["revisions"]
        self.reader_needs: Final = dict.fromkeys(stated["tables"], _READ)
        self.writer_needs: Final = {
            **self.reader_needs,
            **{name: _READ | frozenset(rights) for name, rights in stated["writer"].items()},
        }

    def revisions(self) -> tuple[str | None, set[str]]:
        """The latest revision, and all."""
        return next(reversed(self._revisions), None), set(self._revisions)


def schema_of(settings: ServiceSettings) -> ServiceSchema | None:
    """The schema of the service whose settings these are; None where its package has none."""
    package = type(settings).__module__.partition(".")[0]
    return ServiceSchema(package) if files(package).joinpath(FILE).is_file() else None
