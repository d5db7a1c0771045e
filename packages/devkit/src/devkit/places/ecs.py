"""ECS on Fargate: the requests that register tasks, create a service and run the migration, as `aws ecs` reads them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from pydantic import Field

from devkit.places.container import AUDIT_FOLDER, METRICS_PORT, PORT, USER, Container
from devkit.places.values import Arn, Values
from servicekit.http.shutdown import GRACE_SECONDS

Request = dict[str, Any]

_PYTHON: Final = "/app/.venv/bin/python"
# ECS ignores the HEALTHCHECK of an image. The load balancer asks /ready; a task whose /live fails is replaced.
_LIVE: Final = (
    "import http.client; http = http.client.HTTPConnection('127.0.0.1', {port}, timeout=2); "
    "http.request('GET', '/live'); raise SystemExit(http.getresponse().status != 200)"
)
# Fargate's empty volumes belong to root and are closed to others.
_OPEN_TMP: Final = "import os; os.chmod('/tmp', 0o1777)"


class EcsValues(Values):
    """The values of ECS."""

    cluster: str = Field(description="Name or ARN of the cluster.")
    region: str = Field(description="Region of the logs, such as eu-central-1.")
    execution_role: Arn = Field(
        description="ARN of the role that pulls the image, reads the secrets and writes logs. The server has no role."
    )
    secrets_arn: Arn = Field(description="ARN of the Secrets Manager secret with a key for each secret setting.")
    owner_secrets_arn: Arn | None = Field(
        None, description="ARN of the secret with `owner_url`, which only the migration reads. Needed with a database."
    )
    subnets: list[str] = Field(min_length=1, description="Private subnets with a way to the registry, at least one.")
    security_groups: list[str] = Field(min_length=1, description="Security groups of the tasks.")
    target_group: Arn = Field(description="ARN of the load balancer's target group of type ip, whose check is /ready.")
    log_group: str = Field("/ecs/mcp", description="CloudWatch log group, which has to exist.")
    file_system: str | None = Field(
        None, description="Id of the EFS file system for audit files. Needed without a database."
    )
    access_point: str | None = Field(None, description=f"Id of its access point, owned by user {USER}.")
    architecture: str = Field("X86_64", description="X86_64 or ARM64, as the image has it.")
    cpu: int = Field(256, description="CPU units of a task, of 1024 a core.")
    memory: int = Field(512, description="Memory of a task, in MiB.")
    replicas: int = Field(2, ge=1, description="Tasks of a server with a database. One with audit files has one task.")


def ecs_requests(container: Container, values: EcsValues) -> Iterator[tuple[str, Request]]:
    """The requests, by the name of their file: `register-task-definition`, `create-service` and `run-task`."""
    yield "task.json", _server_task(container, values)
    yield "service.json", _service(container, values)
    if container.owner_secrets:
        yield "migration.json", _migration_task(container, values)
        yield (
            "run-migration.json",
            {
                "cluster": values.cluster,
                "taskDefinition": f"mcp-{container.name}-migrate",
                "launchType": "FARGATE",
                "networkConfiguration": _network(values),
            },
        )


def _server_task(container: Container, values: EcsValues) -> Request:
    variables = {
        **container.variables,
        container.variable("metrics_host"): "0.0.0.0",  # noqa: S104 - security groups decide who connects
        container.variable("metrics_port"): str(METRICS_PORT),
    }
    secrets = {container.variable(name): f"{values.secrets_arn}:{name}::" for name in container.secrets}
    server = {
        **_container("server", container, values, variables, secrets),
        "command": ["serve"],
        "portMappings": [{"containerPort": port, "protocol": "tcp"} for port in (PORT, METRICS_PORT)],
        "healthCheck": {
            "command": ["CMD", _PYTHON, "-S", "-c", _LIVE.format(port=PORT)],
            "interval": 10,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 60,
        },
    }
    task = _task(f"mcp-{container.name}", container, values, server)
    if container.needs_disk:
        server["mountPoints"].append({"sourceVolume": "audit", "containerPath": AUDIT_FOLDER})
        disk = {
            "fileSystemId": values.file_system or "${file_system}",
            "transitEncryption": "ENABLED",
            "authorizationConfig": {"accessPointId": values.access_point or "${access_point}"},
        }
        task["volumes"].append({"name": "audit", "efsVolumeConfiguration": disk})
    return task


def _migration_task(server: Container, values: EcsValues) -> Request:
    container = replace(server, image=server.owner_image)
    arns = {"owner_url": values.owner_secrets_arn or "${owner_secrets_arn}"}
    secrets = {
        container.variable(name): f"{arns.get(name, values.secrets_arn)}:{name}::" for name in container.owner_secrets
    }
    migrate = {
        **_container("migrate", container, values, container.owner_variables, secrets),
        "command": ["migrate"],
    }
    return _task(f"mcp-{container.name}-migrate", container, values, migrate)


def _service(container: Container, values: EcsValues) -> Request:
    # Two tasks cannot write one audit file, so the old one stops before the new one starts.
    alone = container.needs_disk
    return {
        "cluster": values.cluster,
        "serviceName": f"mcp-{container.name}",
        "taskDefinition": f"mcp-{container.name}",
        "desiredCount": 1 if alone else values.replicas,
        "launchType": "FARGATE",
        "availabilityZoneRebalancing": "DISABLED" if alone else "ENABLED",
        "deploymentConfiguration": {
            "minimumHealthyPercent": 0 if alone else 100,
            "maximumPercent": 100 if alone else 200,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "healthCheckGracePeriodSeconds": 60,
        "loadBalancers": [
            {"targetGroupArn": values.target_group, "containerName": "server", "containerPort": PORT}
        ],
        "networkConfiguration": _network(values),
        "propagateTags": "TASK_DEFINITION",
    }  # fmt: skip


def _task(family: str, container: Container, values: EcsValues, main: Request) -> Request:
    opened = {
        **_container("tmp", container, values, {}, {}),
        "user": "0",
        "essential": False,
        "entryPoint": [_PYTHON, "-S", "-c"],
        "command": [_OPEN_TMP],
    }
    main["dependsOn"] = [{"containerName": "tmp", "condition": "SUCCESS"}]
    return {
        "family": family,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "runtimePlatform": {"cpuArchitecture": values.architecture, "operatingSystemFamily": "LINUX"},
        "cpu": str(values.cpu),
        "memory": str(values.memory),
        "executionRoleArn": values.execution_role,
        "volumes": [{"name": "tmp"}],
        "containerDefinitions": [opened, main],
        "tags": [{"key": "service", "value": container.name}],
    }


def _container(
    name: str, container: Container, values: EcsValues, variables: Any, secrets: dict[str, str]
) -> Request:  # fmt: skip
    return {
        "name": name,
        "image": container.image,
        "essential": True,
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}, "initProcessEnabled": False},
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
        "secrets": [{"name": name, "valueFrom": source} for name, source in secrets.items()],
        "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"}],  # noqa: S108 - the image's own
        "stopTimeout": int(GRACE_SECONDS),
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": values.log_group,
                "awslogs-region": values.region,
                "awslogs-stream-prefix": container.name,
                "mode": "non-blocking",
                "max-buffer-size": "4m",
            },
        },
    }


def _network(values: EcsValues) -> Request:
    return {
        "awsvpcConfiguration": {
            "subnets": values.subnets,
            "securityGroups": values.security_groups,
            "assignPublicIp": "DISABLED",
        }
    }
