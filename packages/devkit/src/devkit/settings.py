"""Every environment variable the developer kit reads."""

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

TestServices = Literal["auto", "docker", "embedded"]
"""Where tests take Postgres and Valkey from; `auto` prefers a Docker engine when one answers."""

WORKSPACE = Path(__file__).resolve().parents[4]
"""The checkout this kit was installed from (it is only ever installed editable)."""


class DevkitSettings(BaseSettings):
    """Ports of the stores, the issuer and the viewer, the state directory, and where the store binaries are."""

    model_config = SettingsConfigDict(env_prefix="DEVKIT_", extra="ignore")

    workspace: Path = WORKSPACE
    """Folder with `services/*/pyproject.toml`."""
    state: Path | None = None
    """Where databases, keys and passwords are kept; `.dev` in the workspace unless set."""
    postgres_port: int = Field(default=8132, ge=1, le=65535)
    valkey_port: int = Field(default=8133, ge=1, le=65535)
    issuer_port: int = Field(default=8110, ge=1, le=65535)
    viewer_port: int = Field(default=8120, ge=1, le=65535)
    simulator_ports: dict[str, int] = {}
    """Ports of simulators by name, such as {"weather": 18142}, where they are not the usual ones."""
    start_timeout: float = Field(default=60.0, gt=0)
    """Seconds one process may take until it is ready."""
    postgres_binaries: Path | None = Field(
        default=None, validation_alias=AliasChoices("DEVKIT_POSTGRES_BINARIES", "PG_BIN")
    )
    """Folder with `postgres` and `initdb`."""
    valkey_binary: Path | None = Field(default=None, validation_alias=AliasChoices("DEVKIT_VALKEY_BINARY", "REDIS_BIN"))
    """Path of `valkey-server` (or `redis-server`)."""
    test_services: TestServices = Field(default="auto", validation_alias="TEST_SERVICES")
    docker_host: str = Field(default="unix:///var/run/docker.sock", validation_alias="DOCKER_HOST")
    python_image: str | None = Field(default=None, validation_alias="PYTHON_IMAGE")
    """What images are built on and in, instead of the Dockerfile's choice; a digest, where it must never change."""
    uv_image: str | None = Field(default=None, validation_alias="UV_IMAGE")
    path: str = Field(default="/usr/local/bin:/usr/bin:/bin", validation_alias="PATH")
    home: str = Field(default="/", validation_alias="HOME")

    @cached_property
    def state_directory(self) -> Path:
        """Absolute path of the state directory; it need not exist."""
        return (self.state or self.workspace / ".dev").resolve()

    @property
    def base_images(self) -> dict[str, str]:
        """The build arguments of the Dockerfile that were chosen."""
        chosen = {"PYTHON_IMAGE": self.python_image, "UV_IMAGE": self.uv_image}
        return {name: image for name, image in chosen.items() if image is not None}


def inherited_environment() -> dict[str, str]:
    """This process's environment, for the programs that it runs in a developer's name."""
    return dict(os.environ)
