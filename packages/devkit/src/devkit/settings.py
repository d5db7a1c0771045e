"""Environment variables of the developer kit."""

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

TestServices = Literal["auto", "docker", "embedded"]
"""Source of Postgres and Valkey in tests; `auto` prefers Docker when its engine answers."""

WORKSPACE = Path(__file__).resolve().parents[4]
"""The checkout of this kit, which is always installed editable."""


class DevkitSettings(BaseSettings):
    """Ports, the state directory, and the paths of the store binaries."""

    model_config = SettingsConfigDict(env_prefix="DEVKIT_", extra="ignore")

    workspace: Path = WORKSPACE
    """Folder with `services/*/pyproject.toml`."""
    state: Path | None = None
    """Folder of databases, keys and passwords; by default `.dev` in the workspace."""
    postgres_port: int = Field(default=8132, ge=1, le=65535)
    valkey_port: int = Field(default=8133, ge=1, le=65535)
    issuer_port: int = Field(default=8110, ge=1, le=65535)
    portal_port: int = Field(default=8120, ge=1, le=65535)
    simulator_ports: dict[str, int] = {}
    """Ports of simulators by name that differ from the default, such as {"weather": 18142}."""
    client_documents: bool = True
    """Whether the issuer reads metadata documents of clients from the internet. Without it, clients register."""
    hosts: tuple[str, ...] = ()
    """Further Host headers that issuer, portal and simulators accept, such as ["portal:8120"] behind a port forward."""
    origins: tuple[str, ...] = ()
    """Further origins of web clients that may use the issuer; those of this machine always may."""
    start_timeout: float = Field(default=60.0, gt=0)
    """Seconds until a process must be ready."""
    postgres_binaries: Path | None = Field(
        default=None, validation_alias=AliasChoices("DEVKIT_POSTGRES_BINARIES", "PG_BIN")
    )
    """Folder with `postgres` and `initdb`."""
    valkey_binary: Path | None = Field(default=None, validation_alias=AliasChoices("DEVKIT_VALKEY_BINARY", "REDIS_BIN"))
    """Path of `valkey-server` (or `redis-server`)."""
    test_services: TestServices = Field(default="auto", validation_alias="TEST_SERVICES")
    docker_host: str = Field(default="unix:///var/run/docker.sock", validation_alias="DOCKER_HOST")
    python_image: str | None = Field(default=None, validation_alias="PYTHON_IMAGE")
    """Base image of the servers, instead of the Dockerfile's; with a digest for reproducible builds."""
    uv_image: str | None = Field(default=None, validation_alias="UV_IMAGE")
    """Image that builds the servers, instead of the Dockerfile's."""
    github_url: str | None = Field(default=None, validation_alias="GITHUB_SERVER_URL")
    github_repository: str | None = Field(default=None, validation_alias="GITHUB_REPOSITORY")
    github_workflow: str | None = Field(default=None, validation_alias="GITHUB_WORKFLOW_REF")
    """Set in GitHub's workflows, such as example/mcp-fleet/.github/workflows/release.yml@refs/tags/orders-v1.2.0."""
    path: str = Field(default="/usr/local/bin:/usr/bin:/bin", validation_alias="PATH")
    home: str = Field(default="/", validation_alias="HOME")

    @cached_property
    def state_directory(self) -> Path:
        """Absolute path of the state directory, which may not exist yet."""
        return (self.state or self.workspace / ".dev").resolve()

    @property
    def repository_url(self) -> str | None:
        """URL of the repository on GitHub; None outside its workflows."""
        return f"{self.github_url}/{self.github_repository}" if self.github_url and self.github_repository else None

    @property
    def builder(self) -> str | None:
        """URL of the workflow that runs; None outside of one."""
        return f"{self.github_url}/{self.github_workflow}" if self.github_url and self.github_workflow else None

    @property
    def base_images(self) -> dict[str, str]:
        """Build arguments of the Dockerfile that the environment sets."""
        chosen = {"PYTHON_IMAGE": self.python_image, "UV_IMAGE": self.uv_image}
        return {name: image for name, image in chosen.items() if image is not None}


def inherited_environment() -> dict[str, str]:
    """This process's environment, for the programs it starts."""
    return dict(os.environ)
