"""The command `devkit bundle`."""

from typing import Annotated

import typer

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings
from devkit.workspace.services import find


def add_bundle_command(app: typer.Typer) -> None:
    """Add `bundle`."""
    app.command()(bundle)


def bundle(
    service: Annotated[str, typer.Argument(help="A service of this workspace, such as orders.")],
    namespace: Annotated[str | None, typer.Option(help="Of the registry, such as io.github.example.")] = None,
    repository: Annotated[str | None, typer.Option(help="URL of the public source on GitHub.")] = None,
    url: Annotated[str | None, typer.Option(help="URL of the public endpoint, such as https://x.example/mcp.")] = None,
) -> None:
    """Build and validate a server's bundle for desktop applications and its entry for an MCP registry."""
    from devkit.bundles.build import Published, build_bundle

    settings = DevkitSettings()
    if url is not None and not url.startswith("https://"):
        raise DevkitError("URL must start with https://, such as https://orders.example.com/mcp.")
    if repository is None and settings.github_url and settings.github_repository:
        repository = f"{settings.github_url}/{settings.github_repository}"
    owner = repository.rstrip("/").split("/")[-2] if repository is not None else None
    published = Published(namespace or (f"io.github.{owner}" if owner else "com.example"), repository, url)
    for path in build_bundle(settings, find(settings.workspace, service), published):
        print(path.relative_to(settings.workspace))
