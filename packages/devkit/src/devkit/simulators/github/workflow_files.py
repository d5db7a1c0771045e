"""Workflow files of a simulated repository: which workflows there are, and what starting one by hand takes."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, not_found
from servicekit.settings.bounded_yaml import InvalidYaml, read_yaml

FOLDER = ".github/workflows/"
_MOST_INPUTS = 25


@dataclass(frozen=True)
class Workflow:
    """A workflow of a repository.

    Attributes:
        content: its file as plain data; empty where it cannot be parsed.
    """

    path: str
    content: Mapping[Any, Any]

    @property
    def id(self) -> int:
        return workflow_id(self.path)

    @property
    def name(self) -> str:
        """Its name, or the path of a file without one."""
        return str(self.content.get("name") or self.path)

    @property
    def jobs(self) -> list[str]:
        jobs = self.content.get("jobs")
        return [str(name) for name in jobs] if isinstance(jobs, dict) else []

    @property
    def inputs(self) -> Mapping[str, Mapping[str, Any]] | None:
        """The inputs for starting it by hand; None where that is not one of its triggers."""
        triggers = self.content.get(True, self.content.get("on"))  # a bare `on` is a boolean in YAML 1.1
        if triggers == "workflow_dispatch" or (isinstance(triggers, list) and "workflow_dispatch" in triggers):
            return {}
        if not isinstance(triggers, dict) or "workflow_dispatch" not in triggers:
            return None
        found = (triggers["workflow_dispatch"] or {}).get("inputs") or {}
        return {str(name): rule or {} for name, rule in found.items()}


def workflow_id(path: str) -> int:
    """The id of the workflow at a path."""
    return zlib.crc32(path.encode())


def workflows_at(repository: Repository, ref: str | None = None) -> list[Workflow]:
    """The workflows at a ref, by path; of the default branch unless another is given."""
    sha = repository.git.resolve(ref or repository.default_branch)
    if sha is None:
        return []
    paths = {
        path: blob
        for path, (_, blob) in sorted(repository.git.files(sha).items())
        if path.startswith(FOLDER) and path.endswith((".yml", ".yaml"))
    }
    return [Workflow(path, _content(repository.git.blob(blob))) for path, blob in paths.items()]


def find_workflow(repository: Repository, name: str) -> Workflow:
    """The workflow with an id or file name. Raises `ApiError` 404 if there is none."""
    for one in workflows_at(repository):
        if name in (str(one.id), one.path.removeprefix(FOLDER)):
            return one
    raise not_found()


def checked_inputs(workflow: Workflow, sent: Any) -> dict[str, str]:
    """The inputs of a run that is started by hand, with defaults.

    Raises:
        ApiError: 422, as GitHub refuses them.
    """
    rules = workflow.inputs
    if rules is None:
        raise ApiError(422, "Workflow does not have 'workflow_dispatch' trigger")
    if not isinstance(sent, dict) or len(sent) > _MOST_INPUTS:
        raise ApiError(422, "Invalid request.\n\nFor 'properties/inputs', it is not an object of at most 25 members.")
    unknown = [name for name in sent if name not in rules]
    if unknown:
        raise ApiError(422, f"Unexpected inputs provided: {unknown}")
    found = {}
    for name, rule in rules.items():
        value = sent.get(name, rule.get("default"))
        if value is None:
            if rule.get("required"):
                raise ApiError(422, f"Required input '{name}' not provided")
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if rule.get("type") == "choice" and text not in [str(one) for one in rule.get("options", ())]:
            raise ApiError(422, f"Provided value '{text}' for input '{name}' not in the list of allowed values")
        if rule.get("type") == "boolean" and text not in ("true", "false"):
            raise ApiError(422, f"Provided value '{text}' for input '{name}' is not a boolean")
        found[name] = text
    return found


def _content(blob: bytes) -> Mapping[Any, Any]:
    try:
        found = read_yaml(blob.decode())
    except (InvalidYaml, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
