"""The services of this workspace, as each describes itself under `[tool.fleet]` in its pyproject.toml."""

import re
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from devkit.errors import DevkitError

ScopeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]*:[a-z][a-z0-9_.:-]*$")]
SERVICE_NAME = re.compile(r"[a-z][a-z0-9_]*")


class _FleetTable(BaseModel):
    """The `[tool.fleet]` table."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    port: int = Field(ge=1, le=64535)  # the page of its metrics is 1000 above
    database: bool = False
    scopes: tuple[ScopeName, ...] = Field(min_length=1, strict=False)
    title: str | None = None
    simulator: str | None = None
    secrets: tuple[str, ...] = Field(default=(), strict=False)


@dataclass(frozen=True)
class ServiceDescription:
    """One server of the fleet, as the developer kit runs it."""

    name: str
    directory: Path
    port: int
    database: bool
    scopes: tuple[str, ...]
    title: str
    description: str
    """What it is for, in a few words."""
    simulator: str | None = None
    """Stands in for the outside service that this one needs, in development."""
    secrets: tuple[str, ...] = ()
    """Optional settings that its chart reads from the Secret, besides the required ones."""

    @property
    def prefix(self) -> str:
        """What the names of its environment variables begin with."""
        return f"{self.name.upper()}_"

    @property
    def url(self) -> str:
        """Where its routes are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def metrics_port(self) -> int:
        """Where Prometheus finds its `/metrics` in the development stack."""
        return self.port + 1000

    @property
    def resource(self) -> str:
        """Its MCP endpoint, which is also the audience of its tokens (RFC 8707)."""
        return f"{self.url}/mcp"

    @property
    def source(self) -> Path:
        """The folder whose changes restart it."""
        return self.directory / "src"

    @property
    def version(self) -> str:
        """The version in its pyproject.toml, such as ``1.2.0``, read at each access."""
        document = tomllib.loads((self.directory / "pyproject.toml").read_text(encoding="utf-8"))
        version: str = document["project"]["version"]
        return version

    def program(self, workspace: Path) -> Path:
        """Its console script in the workspace's environment."""
        return workspace / ".venv" / "bin" / f"{self.name}-mcp"


def discover(workspace: Path) -> list[ServiceDescription]:
    """Every service of the workspace, by port. Raises `DevkitError` naming the file that is wrong."""
    services = [
        service for file in sorted(workspace.glob("services/*/pyproject.toml")) if (service := _read(file)) is not None
    ]
    services.sort(key=lambda service: service.port)
    for one, other in pairwise(services):
        if one.port == other.port:
            raise DevkitError(
                f"{one.name} and {other.name} both claim port {one.port}. "
                f"Give one of them another `port` under [tool.fleet] in its pyproject.toml."
            )
    return services


def find(workspace: Path, name: str) -> ServiceDescription:
    """The service called `name`. Raises `DevkitError` listing those there are."""
    services = discover(workspace)
    for service in services:
        if service.name == name:
            return service
    known = ", ".join(service.name for service in services) or "none"
    raise DevkitError(f"No service is called '{name}'. Services of this workspace: {known}.")


def _read(file: Path) -> ServiceDescription | None:
    """The service described by `file`, or None when it has no `[tool.fleet]` table (a service under construction)."""
    try:
        document = tomllib.loads(file.read_text())
    except tomllib.TOMLDecodeError as problem:
        raise DevkitError(f"{file} is not valid TOML: {problem}.") from None
    table = document.get("tool", {}).get("fleet")
    if table is None:
        return None
    name = file.parent.name
    if not SERVICE_NAME.fullmatch(name):
        raise DevkitError(f"The folder {file.parent} cannot name a service: use lower-case letters, digits and _.")
    try:
        description = _FleetTable.model_validate(table)
    except ValidationError as problem:
        reasons = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
        raise DevkitError(f"[tool.fleet] in {file} is wrong: {reasons}.") from None
    return ServiceDescription(
        name=name,
        directory=file.parent,
        port=description.port,
        database=description.database,
        scopes=description.scopes,
        title=description.title or name.capitalize(),
        description=document.get("project", {}).get("description", "").rpartition(" MCP server: ")[2],
        simulator=description.simulator,
        secrets=description.secrets,
    )
