"""The command `devkit deployment`."""

from pathlib import Path
from typing import Annotated

import typer

from devkit.settings import DevkitSettings
from devkit.workspace.services import find


def add_place_commands(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(deployment)


def deployment(
    service: Annotated[str, typer.Argument(help="A service of this workspace, such as orders.")],
    place: Annotated[str, typer.Argument(help="ecs, fly or cloud-run.")],
    values: Annotated[Path, typer.Argument(help="YAML file with the values of the place.")],
    folder: Annotated[Path, typer.Option(help="Where the files are written.")] = Path("dist/deploy"),
) -> None:
    """Write the configuration of a service for a place without Kubernetes, and print the paths."""
    from devkit.places.generated_files import deployment as files_of

    for name, text in files_of(place, find(DevkitSettings().workspace, service), values).items():
        file = folder / place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(file)
