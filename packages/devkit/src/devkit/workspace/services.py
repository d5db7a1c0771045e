"""The services of this workspace, described under `[tool.fleet]` in their pyproject.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
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

    port: int = Field(ge=1, le=64535)  # `/metrics` is on this port + 1000
    database: bool = False
    scopes: tuple[ScopeName, ...] = Field(min_length=1, strict=False)
    title: str | None = None
    simulator: str | None = None
    backends: dict[str, str] = {}
    secrets: tuple[str, ...] = Field(default=(), strict=False)


@dataclass(frozen=True)
class ServiceDescription:
    """A server of the workspace."""

    name: str
    directory: Path
    port: int
    database: bool
    scopes: tuple[str, ...]
    title: str
    description: str = ""
    """What it is for, in a few words."""
    simulator: str | None = None
    """Simulator of the external service that this server calls."""
    backends: tuple[tuple[str, str], ...] = ()
    """Values of its setting BACKEND with which it needs no database, each with the simulator of that backend."""
    secrets: tuple[str, ...] = ()
    """Optional settings that its chart reads from the Secret, in addition to the required ones."""

    def configured(self, environment: Mapping[str, str]) -> "ServiceDescription":
        """The service as its setting BACKEND in an environment makes it."""
        simulator = dict(self.backends).get(environment.get(f"{self.prefix}BACKEND", ""))
        return self if simulator is None else replace(self, database=False, simulator=simulator)

    @property
    def prefix(self) -> str:
        """Prefix of its environment variables, such as ``ORDERS_``."""
        return f"{self.name.upper()}_"

    @property
    def url(self) -> str:
        """Base URL in the development stack."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def metrics_port(self) -> int:
        """Port of `/metrics` in the development stack."""
        return self.port + 1000

    @property
    def resource(self) -> str:
        """URL of the MCP endpoint, which is also the audience of access tokens (RFC 8707)."""
        return f"{self.url}/mcp"

    @property
    def source(self) -> Path:
        """Folder of its code; a saved change restarts the server."""
        return self.directory / "src"

    @property
    def version(self) -> str:
        """The version in its pyproject.toml, such as ``1.2.0``, read at each access."""
        return version_in(self.directory)

    def program(self, workspace: Path) -> Path:
        """Path of its console script."""
        return workspace / ".venv" / "bin" / f"{self.name}-mcp"


def version_in(directory: Path) -> str:
    """The version in a folder's pyproject.toml, such as ``1.2.0``."""
    version: str = tomllib.loads((directory / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return version


def discover(workspace: Path) -> list[ServiceDescription]:
    """All services, ordered by port. Raises `DevkitError` that names the invalid file."""
    services = [
        service for file in sorted(workspace.glob("services/*/pyproject.toml")) if (service := _read(file)) is not None
    ]
    services.sort(key=lambda service: service.port)
    for one, other in pairwise(services):
        if one.port == other.port:
            raise DevkitError(
                f"{one.name} and {other.name} have the same port {one.port}. "
                f"Change `port` under [tool.fleet] in the pyproject.toml of one of them."
            )
    return services


def find(workspace: Path, name: str) -> ServiceDescription:
    """The service called `name`. Raises `DevkitError` that lists the services."""
    services = discover(workspace)
    for service in services:
        if service.name == name:
            return service
    known = ", ".join(service.name for service in services) or "none"
    raise DevkitError(f"Service '{name}' does not exist. Use one of: {known}.")


def _read(file: Path) -> ServiceDescription | None:
    """The service of a pyproject.toml; None without a `[tool.fleet]` table (a service under construction)."""
    try:
        document = tomllib.loads(file.read_text())
    except tomllib.TOMLDecodeError as problem:
        raise DevkitError(f"{file} is not valid TOML: {problem}.") from None
    table = document.get("tool", {}).get("fleet")
    if table is None:
        return None
    name = file.parent.name
    if not SERVICE_NAME.fullmatch(name):
        raise DevkitError(
            f"{file.parent} is not a valid folder name for a service. Use lower-case letters, digits and _, "
            "such as order_items."
        )
    try:
        description = _FleetTable.model_validate(table)
    except ValidationError as problem:
        reasons = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
        raise DevkitError(f"[tool.fleet] in {file} is invalid: {reasons}.") from None
    return ServiceDescription(
        name=name,
        directory=file.parent,
        port=description.port,
        database=description.database,
        scopes=description.scopes,
        title=description.title or name.capitalize(),
        description=document.get("project", {}).get("description", "").rpartition(" MCP server: ")[2],
        simulator=description.simulator,
        backends=tuple(description.backends.items()),
        secrets=description.secrets,
    )
