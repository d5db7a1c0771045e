"""Fly.io: the `fly.toml` of a server, and the machine that migrates its database."""

import json
from collections.abc import Iterator
from typing import Final

from pydantic import Field

from devkit.places.container import AUDIT_FOLDER, METRICS_PORT, PORT, Container
from devkit.places.values import Name, Values
from servicekit.http.shutdown import GRACE_SECONDS

_VOLUME_GB: Final = 1
_GB: Final = 10**9


class FlyValues(Values):
    """The values of Fly.io."""

    app: Name = Field(description="Name of the app, which `fly apps create` made.")
    region: str = Field(pattern=r"^[a-z]{3}$", description="Primary region, such as fra.")
    memory: int = Field(512, ge=256, multiple_of=256, description="Memory of a machine, in MiB.")


def fly_files(container: Container, values: FlyValues) -> Iterator[tuple[str, str]]:
    """The files, by name."""
    yield f"{container.name}.toml", _configuration(container, values)
    if container.owner_secrets:
        yield f"{container.name}-migrate.json", _migration(container, values)


def _configuration(container: Container, values: FlyValues) -> str:
    variables = {
        **container.variables,
        container.variable("metrics_host"): "0.0.0.0",  # noqa: S104 - the private network of the organisation
        container.variable("metrics_port"): str(METRICS_PORT),
    }
    mount = ""
    if container.needs_disk:
        variables[container.variable("audit_file_max_total")] = str(_VOLUME_GB * _GB * 4 // 5)
        mount = f"""
# A volume for each machine. The audit trail outlives the machines.
[[mounts]]
source = "audit"
destination = "{AUDIT_FOLDER}"
initial_size = "{_VOLUME_GB}gb"
"""
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in variables.items())
    secrets = "\n".join(f"#   {container.variable(name)}" for name in container.secrets)
    return f"""# Written by `make reference`: the server {container.name} on Fly.io.
# Secrets (fly secrets set NAME=…), which the machines get as variables:
{secrets}
app = "{values.app}"
primary_region = "{values.region}"
kill_signal = "SIGTERM"
kill_timeout = "{GRACE_SECONDS:.0f}s"

[build]
image = "{container.image}"

[deploy]
# A machine for each release checks settings, secrets, stores and migrations. If it fails, nothing is replaced.
release_command = "check"
strategy = "rolling"

[env]
{lines}
{mount}
[http_service]
internal_port = {PORT}
force_https = true
auto_stop_machines = "off"
auto_start_machines = true
min_machines_running = 1

[http_service.concurrency]
type = "requests"
soft_limit = 200
hard_limit = 1000

[[http_service.checks]]
method = "GET"
path = "/ready"
interval = "5s"
timeout = "3s"
grace_period = "10s"

[checks.live]
type = "http"
port = {PORT}
method = "GET"
path = "/live"
interval = "15s"
timeout = "3s"
grace_period = "10s"

[[restart]]
policy = "always"

[[metrics]]
port = {METRICS_PORT}
path = "/metrics"

[[vm]]
size = "shared-cpu-1x"
memory = "{values.memory}mb"
"""


def _migration(container: Container, values: FlyValues) -> str:
    """A machine of an app of its own, as the secrets of an app reach each of its machines."""
    machine = {
        "image": container.owner_image,
        "init": {"cmd": ["migrate"]},
        "env": dict(container.owner_variables),
        "guest": {"cpu_kind": "shared", "cpus": 1, "memory_mb": values.memory},
        "restart": {"policy": "no"},
        "metadata": {"service": container.name},
    }
    return json.dumps(machine, indent=2) + "\n"
