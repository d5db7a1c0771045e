"""The version of a server: stated once, in its pyproject.toml."""

import tomllib

from devkit.fleet import Service


def version_of(service: Service) -> str:
    """The version of a server, such as ``1.2.0``."""
    document = tomllib.loads((service.directory / "pyproject.toml").read_text(encoding="utf-8"))
    version: str = document["project"]["version"]
    return version
