"""Cloud Run: the service of a server and the job that migrates its database, as `gcloud run … replace` reads them."""

import json
from collections.abc import Iterator
from typing import Any, Final

import yaml
from pydantic import Field

from devkit.errors import DevkitError
from devkit.places.container import PORT, Container
from devkit.places.values import Values
from servicekit.http.shutdown import ACCEPT_SECONDS, COMPONENTS_SECONDS, UNREADY_SECONDS
from servicekit.telemetry.setup import FLUSH_SECONDS

Document = dict[str, Any]

KILLED_AFTER: Final = 10
"""Seconds from SIGTERM to SIGKILL, which Cloud Run does not let change (container runtime contract, shutdown)."""
_DRAIN: Final = int(KILLED_AFTER - UNREADY_SECONDS - ACCEPT_SECONDS - COMPONENTS_SECONDS - FLUSH_SECONDS)
_SECRETS: Final = "/run/secrets"
_HOUR: Final = 3600  # seconds; the longest request, so that streams stay open


class CloudRunValues(Values):
    """The values of Cloud Run."""

    service_account: str = Field(description="Service account that may read the secrets.")
    migration_service_account: str | None = Field(
        None, description="Service account of the migration, which also reads `owner_url`. Needed with a database."
    )
    network: str = Field(description="VPC network of Redis and Postgres.")
    subnetwork: str = Field(description="Its subnet, for direct VPC egress.")
    memory: str = Field("512Mi", pattern=r"^\d+(Mi|Gi)$", description="Memory of an instance, such as 512Mi.")
    min_instances: int = Field(1, ge=0, description="Instances that always run.")
    max_instances: int = Field(10, ge=1, description="Instances at most. Give it to `check --pods`.")


def refuse_without_disk(container: Container) -> None:
    """Refuse a server whose audit trail is in files.

    Raises:
        DevkitError: names the places that have a disk.
    """
    if container.needs_disk:
        raise DevkitError(
            f"{container.name} keeps its audit trail in files, and an instance of Cloud Run loses its files when it "
            "ends: its file system is memory, and its network volumes have no file locks. Use Kubernetes, Fly.io, "
            "ECS or a machine with a disk."
        )


def cloud_run_files(container: Container, values: CloudRunValues) -> Iterator[tuple[str, str]]:
    """The files, by name. Raises `DevkitError` for a server whose audit trail is in files."""
    refuse_without_disk(container)
    yield f"{container.name}.yaml", _text(_service(container, values), container)
    if container.owner_secrets:
        yield f"{container.name}-migrate.yaml", _text(_migration(container, values), container)


def _service(container: Container, values: CloudRunValues) -> Document:
    server = {
        "name": "server",
        "image": container.image,
        "args": ["serve"],
        "ports": [{"name": "http1", "containerPort": PORT}],
        "env": _variables({**container.variables, container.variable("drain_seconds"): str(_DRAIN)}, container,
                          container.secrets),
        "resources": {"limits": {"cpu": "1", "memory": values.memory}},
        "startupProbe": _probe("/live", period=2, timeout=1, failures=60),
        "livenessProbe": _probe("/live", period=10, timeout=3, failures=3),
        "readinessProbe": _probe("/ready", period=5, timeout=2, failures=2),
        "volumeMounts": _mounts(container.secrets),
    }  # fmt: skip
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": container.name,
            "annotations": {
                # The server checks tokens itself; Google's check would ask for a second one in the same header.
                "run.googleapis.com/invoker-iam-disabled": "true",
                "run.googleapis.com/ingress": "all",
            },
        },
        "spec": {
            "template": {
                "metadata": {
                    "annotations": {
                        "autoscaling.knative.dev/minScale": str(values.min_instances),
                        "autoscaling.knative.dev/maxScale": str(values.max_instances),
                        # Anchors, keys of the issuer and the journal need the processor between requests.
                        "run.googleapis.com/cpu-throttling": "false",
                        **_network(values),
                    }
                },
                "spec": {
                    "serviceAccountName": values.service_account,
                    "timeoutSeconds": _HOUR,
                    "containerConcurrency": 1000,
                    "containers": [server],
                    "volumes": _volumes(container, container.secrets),
                },
            }
        },
    }


def _migration(container: Container, values: CloudRunValues) -> Document:
    migrate = {
        "name": "migrate",
        "image": container.owner_image,
        "args": ["migrate"],
        "env": _variables(container.owner_variables, container, container.owner_secrets),
        "resources": {"limits": {"cpu": "1", "memory": values.memory}},
        "volumeMounts": _mounts(container.owner_secrets),
    }
    task = {
        "serviceAccountName": values.migration_service_account or "${migration_service_account}",
        "maxRetries": 3,
        "timeoutSeconds": "600",
        "containers": [migrate],
        "volumes": _volumes(container, container.owner_secrets),
    }
    return {
        "apiVersion": "run.googleapis.com/v1",
        "kind": "Job",
        "metadata": {"name": f"{container.name}-migrate"},
        "spec": {
            "template": {
                "metadata": {"annotations": _network(values)},
                "spec": {"taskCount": 1, "template": {"spec": task}},
            }
        },
    }


def _probe(path: str, *, period: int, timeout: int, failures: int) -> Document:
    return {
        "httpGet": {"path": path, "port": PORT},
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": failures,
    }


def _variables(variables: Any, container: Container, secrets: tuple[str, ...]) -> list[Document]:
    files = {f"{container.variable(name)}_FILE": f"{_SECRETS}/{name}/value" for name in secrets}
    return [{"name": name, "value": value} for name, value in {**variables, **files}.items()]


def _mounts(secrets: tuple[str, ...]) -> list[Document]:
    return [{"name": _dashed(name), "mountPath": f"{_SECRETS}/{name}"} for name in secrets]


def _volumes(container: Container, secrets: tuple[str, ...]) -> list[Document]:
    """A volume for each secret: files are read again at each access, so passwords rotate without a new revision."""
    return [
        {
            "name": _dashed(name),
            "secret": {
                "secretName": f"{container.name}-{_dashed(name)}",
                "items": [{"key": "latest", "path": "value"}],
            },
        }
        for name in secrets
    ]


def _network(values: CloudRunValues) -> dict[str, str]:
    interface = {"network": values.network, "subnetwork": values.subnetwork}
    return {
        "run.googleapis.com/network-interfaces": json.dumps([interface]),
        "run.googleapis.com/vpc-access-egress": "private-ranges-only",
    }


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _text(document: Document, container: Container) -> str:
    head = f"# Written by `make reference`: {container.name} on Cloud Run.\n"
    return head + yaml.safe_dump(document, sort_keys=False, width=120)
