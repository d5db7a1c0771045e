"""What ECS on Fargate refuses and the API's own shapes allow: found before a request is sent.

Sources: the Amazon ECS developer guide, "Task definition differences for Fargate" and "Task definition parameters".
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from servicekit.http.shutdown import EXIT_SECONDS

Request = Mapping[str, Any]

_GIB: Final = 1024
_MEMORY: Final = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: range(1 * _GIB, 4 * _GIB + 1, _GIB),
    1024: range(2 * _GIB, 8 * _GIB + 1, _GIB),
    2048: range(4 * _GIB, 16 * _GIB + 1, _GIB),
    4096: range(8 * _GIB, 30 * _GIB + 1, _GIB),
    8192: range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB),
    16384: range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB),
}
"""The amounts of memory, in MiB, of each number of CPU units."""
_LONGEST_STOP: Final = 120  # seconds
_LOG_OPTIONS: Final = {"awslogs-group", "awslogs-region", "awslogs-stream-prefix"}


def task_problems(task: Request) -> Iterator[str]:
    """What is wrong with a task definition, in words."""
    yield from _size_problems(task)
    if task.get("networkMode") != "awsvpc":
        yield "networkMode must be awsvpc"
    if "FARGATE" not in task.get("requiresCompatibilities", ()):
        yield "requiresCompatibilities must name FARGATE"
    if task.get("runtimePlatform", {}).get("cpuArchitecture") not in ("X86_64", "ARM64"):
        yield "architecture must be X86_64 or ARM64"
    containers = {container["name"]: container for container in task["containerDefinitions"]}
    volumes = {volume["name"] for volume in task.get("volumes", ())}
    for name, container in containers.items():
        for problem in _container_problems(container, containers, volumes):
            yield f"{name}: {problem}"
    if not task.get("executionRoleArn") and any(container.get("secrets") for container in containers.values()):
        yield "executionRoleArn is missing, so that no secret can be read"


def service_problems(service: Request, task: Request) -> Iterator[str]:
    """What is wrong with a service of a task definition, in words."""
    containers = {container["name"]: container for container in task["containerDefinitions"]}
    for balancer in service.get("loadBalancers", ()):
        container = containers.get(balancer["containerName"], {})
        ports = [mapping["containerPort"] for mapping in container.get("portMappings", ())]
        if balancer["containerPort"] not in ports:
            yield f"the load balancer leads to {balancer['containerName']}:{balancer['containerPort']}, which is closed"
    if service["taskDefinition"] != task["family"]:
        yield f"the service runs {service['taskDefinition']}, not {task['family']}"
    deployment = service["deploymentConfiguration"]
    if deployment["maximumPercent"] <= 100 and service.get("availabilityZoneRebalancing") == "ENABLED":
        yield "availabilityZoneRebalancing needs a maximumPercent above 100"
    disk = any("efsVolumeConfiguration" in volume for volume in task.get("volumes", ()))
    if disk and (service["desiredCount"] != 1 or deployment["maximumPercent"] > 100):
        yield "two tasks would write one audit file: desiredCount must be 1 and maximumPercent 100"


def _size_problems(task: Request) -> Iterator[str]:
    cpu, memory = int(task["cpu"]), int(task["memory"])
    amounts = _MEMORY.get(cpu)
    if amounts is None:
        yield f"cpu is {cpu}; Fargate has {', '.join(map(str, _MEMORY))}"
    elif memory not in amounts:
        yield f"memory is {memory} MiB; with cpu {cpu} Fargate has {', '.join(map(str, amounts))}"


def _container_problems(container: Request, others: Mapping[str, Request], volumes: set[str]) -> Iterator[str]:
    image = container["image"]
    if image.endswith(":latest") or not ("@sha256:" in image or ":" in image.rpartition("/")[2]):
        yield f"the image {image} has no fixed version"
    named = [variable["name"] for variable in (*container.get("environment", ()), *container.get("secrets", ()))]
    yield from (f"{name} is set twice" for name in sorted({name for name in named if named.count(name) > 1}))
    yield from _secret_problems(container)
    stop = container.get("stopTimeout", 30)
    if not EXIT_SECONDS <= stop <= _LONGEST_STOP:
        yield f"stopTimeout is {stop}; the server needs {EXIT_SECONDS} seconds and Fargate gives {_LONGEST_STOP}"
    yield from _reference_problems(container, others, volumes)
    logs = container.get("logConfiguration", {})
    if logs.get("logDriver") == "awslogs" and (missing := _LOG_OPTIONS - set(logs.get("options", {}))):
        yield f"the log driver awslogs needs {', '.join(sorted(missing))}"
    if added := container.get("linuxParameters", {}).get("capabilities", {}).get("add"):
        yield f"Fargate adds no capability but SYS_PTRACE, not {', '.join(added)}"


def _reference_problems(container: Request, others: Mapping[str, Request], volumes: set[str]) -> Iterator[str]:
    for mount in container.get("mountPoints", ()):
        if mount["sourceVolume"] not in volumes:
            yield f"the volume {mount['sourceVolume']} does not exist"
    for before in container.get("dependsOn", ()):
        if before["containerName"] not in others:
            yield f"it waits for {before['containerName']}, which does not exist"
        elif before["condition"] == "SUCCESS" and others[before["containerName"]].get("essential", True):
            yield f"{before['containerName']} is essential, so the task would end with it"
    for mapping in container.get("portMappings", ()):
        if mapping.get("hostPort", mapping["containerPort"]) != mapping["containerPort"]:
            yield "hostPort must be the containerPort in the network mode awsvpc"


def _secret_problems(container: Request) -> Iterator[str]:
    for secret in container.get("secrets", ()):
        # arn:aws:secretsmanager:<region>:<account>:secret:<name>:<key>:<stage>:<version>
        parts = secret["valueFrom"].split(":")
        if len(parts) != 10 or parts[2] != "secretsmanager" or parts[5] != "secret":
            yield f"{secret['name']} is no key of a Secrets Manager secret: {secret['valueFrom']}"
        elif not parts[7]:
            yield f"{secret['name']} would get the whole secret; name its key"
