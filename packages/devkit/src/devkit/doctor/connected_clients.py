"""Finds configurations of MCP clients that name servers on this machine."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from devkit.client.client_file import entries_in
from devkit.client.installed import Installation, Machine, installations
from devkit.doctor.finding import Finding
from devkit.errors import DevkitError
from devkit.loopback.ports import is_listening
from devkit.settings import DevkitSettings
from devkit.workspace.services import discover
from servicekit.clients.table import FILES

LOCAL = ("127.0.0.1", "localhost", "::1")


def check_clients(settings: DevkitSettings, machine: Machine, *, running: bool) -> list[Finding]:
    """One finding for each entry of a client that names a server of this fleet or a dead port of this machine.

    Args:
        running: whether the stack runs; without it, its own servers do not answer.
    """
    services = {one.resource: one.name for one in discover(settings.workspace)}
    findings: list[Finding] = []
    for client in installations(machine).values():
        try:
            entries = entries_in(client.file, FILES[client.client])
        except DevkitError as problem:
            findings.append(Finding("warning", client.client, str(problem), f"Mend {client.file}."))
            continue
        findings += _of_client(client, entries, services, running=running)
    return findings


def _of_client(
    client: Installation, entries: Mapping[str, Any], services: Mapping[str, str], *, running: bool
) -> Iterator[Finding]:
    for name, url in _local_urls(entries):
        port = urlsplit(url).port
        if url in services:
            state = "points to a server of this folder" + ("" if running else ", which make up starts")
            yield Finding("ok", client.client, f"{name} in {client.file} {state}")
        elif port is not None and not is_listening(port):
            yield Finding(
                "warning",
                client.client,
                f"{name} in {client.file} points to {url}, where no server runs.",
                f"make disconnect CLIENT={client.client} # or delete {name} from that file",
            )


def _local_urls(entries: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and URL of the entries on this machine; the URL is a value of the entry, or an argument of its command."""
    for name, entry in entries.items():
        for value in _texts(entry):
            if value.startswith(("http://", "https://")) and urlsplit(value).hostname in LOCAL:
                yield name, value.rstrip("/")
                break


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
