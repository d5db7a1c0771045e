"""A server as every place runs it: its image, its variables and the names of its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from devkit.charts.values import server_secrets
from devkit.workspace.composition import has_audit_file
from devkit.workspace.services import ServiceDescription

PORT: Final = 8000
METRICS_PORT: Final = 9000
USER: Final = 10001
"""The USER of the image."""
AUDIT_FOLDER: Final = "/var/lib/audit"

Setting = str | int | float | bool | list[str]


@dataclass(frozen=True)
class Container:
    """A server's container.

    Args:
        variables: the environment of `serve`, without secrets.
        secrets: names of the secret settings that `serve` reads.
        owner_image: the image with `migrate`, which the one that serves lacks.
        owner_variables: the environment of `migrate`.
        owner_secrets: names of the secret settings that only `migrate` reads; empty without a database.
        needs_disk: whether the audit trail is in files, which have to outlive the container.
    """

    name: str
    prefix: str
    image: str
    owner_image: str
    variables: Mapping[str, str]
    secrets: tuple[str, ...]
    owner_variables: Mapping[str, str] = field(default_factory=dict)
    owner_secrets: tuple[str, ...] = ()
    needs_disk: bool = False

    def variable(self, setting: str) -> str:
        """The variable of a setting, such as ``ORDERS_STATE_KEYS``."""
        return f"{self.prefix}{setting.upper()}"


def container_of(
    service: ServiceDescription,
    image: str,
    owner_image: str,
    settings: Mapping[str, Setting],
    secrets: tuple[str, ...] = (),
) -> Container:
    """The container of a server.

    Args:
        image: with its registry and digest; so is `owner_image`.
        settings: open settings by name, in addition to those of every place.
        secrets: secret settings by name, in addition to those that every deployment has.
    """
    disk = has_audit_file(service.name)
    own = {"host": "0.0.0.0", "port": PORT, **settings}  # noqa: S104 - the place's network decides who connects
    if disk:
        own["audit_file"] = f"{AUDIT_FOLDER}/trail.jsonl"
    named = dict.fromkeys((*server_secrets(service), *secrets))
    variables = {f"{service.prefix}{name.upper()}": _text(value) for name, value in own.items()}
    owned = service.database
    return Container(
        name=service.name,
        prefix=service.prefix,
        image=image,
        owner_image=owner_image,
        variables=variables,
        secrets=tuple(named),
        owner_variables={f"{service.prefix}PUBLIC_URL": _text(settings["public_url"])} if owned else {},
        # `migrate` reads the settings of the server, so the roles' URLs too, and connects as the owner.
        owner_secrets=("reader_url", "writer_url", "owner_url") if owned else (),
        needs_disk=disk,
    )


def _text(value: Setting) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(value) if isinstance(value, list) else str(value)
