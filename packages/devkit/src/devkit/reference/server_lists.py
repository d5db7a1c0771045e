"""The parts of shared files that list every server: written by `make reference`, so a new server edits none of them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import ascii_uppercase

from devkit.stack.container_stack import AUDIT_FILE
from devkit.workspace.composition import has_audit_file
from devkit.workspace.services import ServiceDescription
from servicekit.core.fleet import folded

_PACKAGE = r"[a-z][a-z0-9_]*_mcp"
_QUOTED = re.compile(rf'"{_PACKAGE}"(?:, "{_PACKAGE}")*')
_SIBLINGS = re.compile(rf"(?<=devkit \| ){_PACKAGE}(?: \| {_PACKAGE})*")


def with_import_contracts(text: str, services: Sequence[ServiceDescription]) -> str:
    """A pyproject.toml whose import contracts list the packages of these services, and no others."""
    packages = sorted(f"{service.name}_mcp" for service in services)
    before, section, contracts = text.partition("\n[tool.importlinter]\n")
    contracts = _QUOTED.sub(", ".join(f'"{package}"' for package in packages), contracts)
    return before + section + _SIBLINGS.sub(" | ".join(packages), contracts)


def letters(services: Sequence[ServiceDescription]) -> str:
    """The entries of `servicekit.core.fleet.LETTERS`: of each server the first letter that no other has, in its name
    or else in the alphabet."""
    taken: dict[str, str] = {}
    lines = []
    for service in services:
        letter = next(
            letter
            for letter in service.name.upper() + ascii_uppercase
            if letter.isalpha() and folded(letter) not in taken
        )
        taken[folded(letter)] = service.name
        lines.append(f'    "{service.name}": "{letter}",')
    return "\n".join(lines)


def server_table(services: Sequence[ServiceDescription]) -> str:
    """The servers as a Markdown table."""
    rows = (f"| [{it.name}](services/{it.name}/README.md) | {it.description} | {it.port} |" for it in services)
    return "\n".join(["| server | what it is for | port |", "|---|---|---|", *rows])


def page_list(folder: str, kind: str, services: Sequence[ServiceDescription]) -> str:
    """Links from docs/ to the page that each server has in a folder, as a Markdown list."""
    return "\n".join(f"- [{it.name} {kind}](../{folder}/{it.name}/README.md)" for it in services)


def compose_servers(services: Sequence[ServiceDescription]) -> str:
    """The entries of the servers, their owners' commands and their simulators in compose.yaml."""
    simulators = sorted({service.simulator for service in services if service.simulator is not None})
    entries = [entry for service in services for entry in _server_entries(service)]
    return "\n".join([*entries, *map(_simulator_entry, simulators)])


def compose_volumes(services: Sequence[ServiceDescription]) -> str:
    """The volumes of those servers in compose.yaml."""
    return "\n".join(f"  {service.name}-audit:" for service in services if has_audit_file(service.name))


def _server_entries(service: ServiceDescription) -> Iterator[str]:
    name = service.name
    if service.database:
        yield f"""
  {name}-owner:
    <<: *hardened
    profiles: [owner]
    image: localhost/mcp-{name}-owner:dev
    build: {{context: ., target: owner, args: {{SERVICE: {name}}}}}
    env_file: [.dev/containers/{name}-owner.env]"""
    yield f"""
  {name}:
    <<: *server
    image: localhost/mcp-{name}:dev
    build: {{context: ., args: {{SERVICE: {name}}}}}
    env_file: [.dev/containers/{name}.env]"""
    if has_audit_file(name):
        yield f'    volumes: ["{name}-audit:{Path(AUDIT_FILE).parent}"]'


def _simulator_entry(name: str) -> str:
    return f"""
  {name}-simulator:
    <<: *devkit
    command: [simulator, {name}]"""
