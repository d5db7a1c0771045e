"""The documents of a bundle and of a registry entry, from a server's own description."""

import re
from collections.abc import Mapping
from typing import Any, Final

from devkit.workspace.composition import compose_to_describe, settings_type_of
from devkit.workspace.secret_settings import is_secret
from devkit.workspace.services import ServiceDescription
from servicekit.server import Service

PYTHON: Final = ">=3.11"
AUTHOR: Final = "MCP Fleet"
SERVER_SCHEMA: Final = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


def mcpb_manifest(service: ServiceDescription, repository: str | None) -> dict[str, Any]:
    """`manifest.json`: what an application shows, which settings it requests from its user, how it starts the server.

    Args:
        repository: URL of the source, if it is public.
    """
    composed = compose_to_describe(service.name)
    variables = {f"{service.prefix}{name.upper()}": f"${{user_config.{name}}}" for name in _options(service, composed)}
    manifest: dict[str, Any] = {
        "manifest_version": "0.4",
        "name": f"mcp-fleet-{service.name}",
        "display_name": service.title,
        "version": service.version,
        "description": _sentence(service.description),
        "author": {"name": AUTHOR},
        "license": "MIT",
        "server": {
            "type": "uv",
            "entry_point": "src/server.py",
            # Applications without an own way to run `uv` servers use this.
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--quiet", "--directory", "${__dirname}", "src/server.py"],
                "env": variables,
            },
        },
        "tools": [
            {"name": tool.name, "description": _first_sentence(tool.description)}
            for tool in composed.registry.tools.values()
        ],
        "prompts_generated": bool(composed.registry.prompts),
        "user_config": _options(service, composed),
        "compatibility": {"platforms": ["darwin", "linux"], "runtimes": {"python": PYTHON}},
    }
    if repository is not None:
        manifest["repository"] = {"type": "git", "url": repository}
    return manifest


def project_file(service: ServiceDescription, wheels: Mapping[str, str], constraints: list[str]) -> str:
    """`pyproject.toml` of a bundle: the server and the kit from its own wheels, all else in the locked versions.

    Args:
        wheels: file names by package.
        constraints: requirements such as ``anyio==4.16.0``.
    """
    sources = "".join(f'{package} = {{ path = "wheels/{file}" }}\n' for package, file in wheels.items())
    pinned = "".join(f"    {_toml(line)},\n" for line in constraints)
    needed = "".join(f'    "{package}",\n' for package in wheels)
    return (
        f'[project]\nname = "{service.name}-bundle"\nversion = "{service.version}"\nrequires-python = "{PYTHON}"\n'
        f"dependencies = [\n{needed}]\n\n[tool.uv]\npackage = false\nconstraint-dependencies = [\n{pinned}]\n\n"
        f"[tool.uv.sources]\n{sources}"
    )


def program(service: ServiceDescription) -> str:
    """`src/server.py` of a bundle."""
    return (
        f'"""Serves {service.title} over standard input and output."""\n\nimport sys\n\n'
        f'from {service.name}_mcp.__main__ import program\n\nprogram(["stdio", *sys.argv[1:]])\n'
    )


def server_json(
    service: ServiceDescription, namespace: str, bundle: tuple[str, str] | None, url: str | None, repository: str | None
) -> dict[str, Any]:
    """`server.json`: the entry of a registry.

    Args:
        namespace: that the publisher has proved to own, such as ``io.github.example``.
        bundle: address of the published bundle, and its SHA-256 in hexadecimal; None leaves the package out.
        url: of the public endpoint; None asks the user for its host.
        repository: URL of the source, if it is public.
    """
    composed = compose_to_describe(service.name)
    document: dict[str, Any] = {
        "$schema": SERVER_SCHEMA,
        "name": f"{namespace}/{service.name}",
        "title": service.title,
        "description": _sentence(service.description),
        "version": service.version,
        "remotes": [{"type": "streamable-http", "url": url} if url is not None else _remote_of_the_user(service)],
    }
    if bundle is not None:
        address, digest = bundle
        document["packages"] = [
            {
                "registryType": "mcpb",
                "identifier": address,
                "fileSha256": digest,
                "transport": {"type": "stdio"},
                "environmentVariables": _variables(service, composed),
            }
        ]
    if repository is not None:
        document["repository"] = {"url": repository, "source": "github"}
    return document


def _remote_of_the_user(service: ServiceDescription) -> dict[str, Any]:
    host = {
        "description": f"Host of your {service.title} server, such as {service.name}.example.com",
        "isRequired": True,
    }
    return {"type": "streamable-http", "url": "https://{host}/mcp", "variables": {"host": host}}


def _options(service: ServiceDescription, composed: Service) -> dict[str, dict[str, Any]]:
    """The settings that a user gives, by name in lower case."""
    fields = settings_type_of(service.name).model_fields
    urls = ("reader_url", "writer_url") if service.database else ()
    options = {
        name: {
            "type": "string",
            "title": name.replace("_", " ").capitalize(),
            "description": fields[name].description,
            "required": True,
            "sensitive": is_secret(fields[name].annotation),
        }
        for name in (*urls, *service.secrets)
    }
    reading = {scope for tool in composed.registry.tools.values() if not tool.writes for scope in tool.scopes}
    scopes = " ".join(scope for scope in service.scopes if scope in reading)
    return options | {
        "stdio_tenant": {"type": "string", "title": "Organisation", "description": "Yours.", "required": True},
        "stdio_scopes": {
            "type": "string",
            "title": "Scopes",
            "description": f"What you may do, of: {' '.join(service.scopes)}",
            "default": scopes,
        },
        "read_only": {
            "type": "boolean",
            "title": "Read only",
            "description": fields["read_only"].description,
            "default": True,
        },
    }


def _variables(service: ServiceDescription, composed: Service) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{service.prefix}{name.upper()}",
            "description": option["description"],
            "isRequired": option.get("required", False),
            "isSecret": option.get("sensitive", False),
            **({"default": str(option["default"]).lower()} if "default" in option else {}),
        }
        for name, option in _options(service, composed).items()
    ]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


def _toml(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'
