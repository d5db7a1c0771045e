"""Writes the configurations of every server for every place: with placeholders, or with an operator's values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devkit.errors import DevkitError
from devkit.places.cloud_run import CloudRunValues, cloud_run_files
from devkit.places.container import Container, container_of
from devkit.places.ecs import EcsValues, ecs_requests
from devkit.places.fargate_check import service_problems, task_problems
from devkit.places.fly import FlyValues, fly_files
from devkit.places.values import Values, placeholders, read_values
from devkit.workspace.composition import has_audit_file
from devkit.workspace.services import ServiceDescription, discover

PLACES: Final[dict[str, type[Values]]] = {"ecs": EcsValues, "fly": FlyValues, "cloud-run": CloudRunValues}
"""The values of each place."""


def place_texts(workspace: Path) -> Iterator[tuple[Path, str]]:
    """Path and content of every generated file in `deploy`, with a placeholder such as ``${image}`` for each value."""
    for service in discover(workspace):
        for place, kind in PLACES.items():
            if place == "cloud-run" and has_audit_file(service.name):
                continue  # refused: an instance loses its files
            for name, text in _files(service, placeholders(kind)):
                yield workspace / "deploy" / place / name, text


def deployment(place: str, service: ServiceDescription, file: Path) -> dict[str, str]:
    """The files of a server for a place, by name, with the values of a file.

    Raises:
        DevkitError: says what is wrong with the place, the values or their combination.
    """
    kind = PLACES.get(place)
    if kind is None:
        raise DevkitError(f"Place '{place}' does not exist. Use one of: {', '.join(PLACES)}.")
    values = read_values(file, kind, service)
    files = dict(_files(service, values))
    problems = list(_unfilled(files))
    if place == "ecs":
        problems += _refused_by_fargate(files, service)
    if problems:
        raise DevkitError("\n  ".join([f"{file} cannot be used:", *problems]))
    return files


def _files(service: ServiceDescription, values: Values) -> Iterator[tuple[str, str]]:
    owner_image = values.owner_image or "${owner_image}"
    container = container_of(service, values.image, owner_image, values.settings, tuple(values.secrets))
    if isinstance(values, EcsValues):
        yield from _ecs_files(container, values)
    elif isinstance(values, FlyValues):
        yield from fly_files(container, values)
    elif isinstance(values, CloudRunValues):
        yield from cloud_run_files(container, values)


def _ecs_files(container: Container, values: EcsValues) -> Iterator[tuple[str, str]]:
    for name, request in ecs_requests(container, values):
        yield f"{container.name}/{name}", json.dumps(request, indent=2) + "\n"


def _unfilled(files: dict[str, str]) -> Iterator[str]:
    """Values that this server needs and another does not."""
    text = "".join(files.values())
    for kind in PLACES.values():
        for name, info in kind.model_fields.items():
            if f"${{{name}}}" in text:
                yield f"{name} is missing. {info.description}"


def _refused_by_fargate(files: dict[str, str], service: ServiceDescription) -> Iterator[str]:
    tasks = {name: json.loads(files[f"{service.name}/{name}"]) for name in ("task.json", "service.json")}
    yield from task_problems(tasks["task.json"])
    yield from service_problems(tasks["service.json"], tasks["task.json"])
