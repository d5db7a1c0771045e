"""ECS on Fargate: requests that the API's shapes accept, and our own check of what these let pass."""

import copy
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from devkit.places.fargate_check import service_problems, task_problems
from devkit.workspace.composition import has_audit_file
from servicekit.http.shutdown import EXIT_SECONDS, GRACE_SECONDS

from .conftest import OWNER_IMAGE, SERVERS, Deploy

OPERATIONS = {
    "task.json": "RegisterTaskDefinition",
    "service.json": "CreateService",
    "migration.json": "RegisterTaskDefinition",
    "run-migration.json": "RunTask",
}
ECS = botocore.session.get_session().get_service_model("ecs")

Requests = dict[str, dict[str, Any]]


def requests_of(deploy: Deploy, server: str) -> Requests:
    return {name.partition("/")[2]: json.loads(text) for name, text in deploy("ecs", server).items()}


def api_problems(operation: str, request: dict[str, Any]) -> str:
    report: str = ParamValidator().validate(request, ECS.operation_model(operation).input_shape).generate_report()
    return report


@pytest.mark.parametrize("server", SERVERS)
def test_the_api_accepts_every_request(deploy: Deploy, server: str) -> None:
    requests = requests_of(deploy, server)
    assert [api_problems(OPERATIONS[name], request) for name, request in requests.items()] == [""] * len(requests)


@pytest.mark.parametrize("server", SERVERS)
def test_fargate_accepts_every_task(deploy: Deploy, server: str) -> None:
    requests = requests_of(deploy, server)
    for name in {"task.json", "migration.json"} & requests.keys():
        assert list(task_problems(requests[name])) == []
    assert list(service_problems(requests["service.json"], requests["task.json"])) == []


def test_the_api_s_shapes_refuse_an_unknown_member(deploy: Deploy) -> None:
    task = requests_of(deploy, "orders")["task.json"]
    task["containerDefinitions"][1]["readOnly"] = True
    assert "Unknown parameter" in api_problems("RegisterTaskDefinition", task)


def server_of(task: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in task["containerDefinitions"] if each["name"] == "server")
    return found


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda task: task.update(cpu="300"), "Fargate has 256"),
        (lambda task: task.update(memory="9000"), "with cpu 256 Fargate has"),
        (lambda task: task.update(networkMode="bridge"), "awsvpc"),
        (lambda task: task.update(requiresCompatibilities=["EC2"]), "must name FARGATE"),
        (lambda task: task.pop("executionRoleArn"), "no secret can be read"),
        (lambda task: task.update(volumes=[]), "the volume tmp does not exist"),
        (lambda task: task["containerDefinitions"][0].update(essential=True), "tmp is essential"),
        (lambda task: task["containerDefinitions"].pop(0), "waits for tmp, which does not exist"),
        (lambda task: server_of(task).update(image="ghcr.io/example/mcp"), "no fixed version"),
        (lambda task: server_of(task).update(stopTimeout=5), f"the server needs {EXIT_SECONDS} seconds"),
        (lambda task: server_of(task).update(stopTimeout=300), "Fargate gives 120"),
        (lambda task: server_of(task)["portMappings"][0].update(hostPort=80), "hostPort must be"),
        (lambda task: server_of(task)["logConfiguration"]["options"].pop("awslogs-region"), "needs awslogs-region"),
        (lambda task: server_of(task)["linuxParameters"]["capabilities"].update(add=["NET_ADMIN"]), "NET_ADMIN"),
        (lambda task: server_of(task)["environment"].append({"name": "ORDERS_REDIS_URL", "value": "x"}), "set twice"),
        (lambda task: server_of(task)["secrets"][0].update(valueFrom="state_keys"), "no key of a Secrets Manager"),
        (
            lambda task: server_of(task)["secrets"][0].update(
                valueFrom="arn:aws:secretsmanager:eu-central-1:111122223333:secret:mcp-a1b2c3:::"
            ),
            "name its key",
        ),
    ],
)
def test_our_check_finds_what_the_shapes_let_pass(
    deploy: Deploy, damage: Callable[[dict[str, Any]], object], words: str
) -> None:
    task = copy.deepcopy(requests_of(deploy, "orders")["task.json"])
    damage(task)
    assert api_problems("RegisterTaskDefinition", task) == ""
    assert words in "\n".join(task_problems(task))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda service: service["loadBalancers"][0].update(containerPort=80), "server:80, which is closed"),
        (lambda service: service.update(taskDefinition="other"), "the service runs other"),
        (lambda service: service.update(desiredCount=2), "two tasks would write one audit file"),
        (lambda service: service["deploymentConfiguration"].update(maximumPercent=200), "two tasks would write"),
        (lambda service: service.update(availabilityZoneRebalancing="ENABLED"), "maximumPercent above 100"),
    ],
)
def test_our_check_finds_a_service_that_cannot_run(
    deploy: Deploy, damage: Callable[[dict[str, Any]], object], words: str
) -> None:
    requests = copy.deepcopy(requests_of(deploy, "github"))
    damage(requests["service.json"])
    assert words in "\n".join(service_problems(requests["service.json"], requests["task.json"]))


@pytest.mark.parametrize("server", SERVERS)
def test_only_the_migration_reads_the_owner_s_secret(deploy: Deploy, server: str) -> None:
    requests = requests_of(deploy, server)
    assert ("migration.json" in requests) is SERVERS[server].database
    assert "OWNER" not in json.dumps(requests["task.json"])
    if SERVERS[server].database:
        (migrate,) = (each for each in requests["migration.json"]["containerDefinitions"] if each["essential"])
        sources = {secret["name"]: secret["valueFrom"] for secret in migrate["secrets"]}
        assert sources[f"{SERVERS[server].prefix}OWNER_URL"].endswith("secret:mcp/owner-d4e5f6:owner_url::")
        assert migrate["command"] == ["migrate"]
        assert migrate["image"] == OWNER_IMAGE
        assert requests["run-migration.json"]["taskDefinition"] == requests["migration.json"]["family"]


@pytest.mark.parametrize("server", SERVERS)
def test_tasks_are_restricted_and_stop_gracefully(deploy: Deploy, server: str) -> None:
    for container in requests_of(deploy, server)["task.json"]["containerDefinitions"]:
        assert container["readonlyRootFilesystem"] is True
        assert container["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
        assert container["stopTimeout"] == GRACE_SECONDS


@pytest.mark.parametrize("server", SERVERS)
def test_audit_files_are_on_a_file_system(deploy: Deploy, server: str) -> None:
    task = requests_of(deploy, server)["task.json"]
    mounted = {mount["containerPath"] for mount in server_of(task)["mountPoints"]}
    assert ("/var/lib/audit" in mounted) is has_audit_file(server)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_asks_the_server(deploy: Deploy, status: int, code: int) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/live" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as live:
        thread = threading.Thread(target=live.serve_forever, daemon=True)
        thread.start()
        kind, _, *arguments = server_of(requests_of(deploy, "orders")["task.json"])["healthCheck"]["command"]
        arguments[-1] = arguments[-1].replace("8000", str(live.server_port))
        assert kind == "CMD"
        done = subprocess.run([sys.executable, *arguments], check=False, capture_output=True)
        live.shutdown()
        thread.join()
    assert done.returncode == code, done.stderr


def test_the_first_container_opens_tmp_for_the_server(deploy: Deploy, tmp_path: Path) -> None:
    first = requests_of(deploy, "orders")["task.json"]["containerDefinitions"][0]
    tmp_path.chmod(0o755)
    command = [text.replace("/tmp", str(tmp_path)) for text in first["command"]]  # noqa: S108
    subprocess.run([sys.executable, *first["entryPoint"][1:], *command], check=True)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
    assert first["user"] == "0"
