"""Cloud Run: objects that Google's description of the API knows, and a stop within its ten seconds."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from devkit.places.cloud_run import KILLED_AFTER
from servicekit.http import shutdown
from servicekit.telemetry.setup import FLUSH_SECONDS

from .conftest import OWNER_IMAGE, SERVERS, Deploy
from .discovery import problems

WITH_DATABASE = [name for name, service in SERVERS.items() if service.database]


def objects_of(deploy: Deploy, server: str) -> dict[str, Any]:
    return {
        name.removesuffix(".yaml").removeprefix(server): yaml.safe_load(text)
        for name, text in deploy("cloud-run", server).items()
    }


@pytest.mark.parametrize("server", WITH_DATABASE)
def test_the_api_knows_every_member(deploy: Deploy, server: str) -> None:
    objects = objects_of(deploy, server)
    assert objects.keys() == {"", "-migrate"}
    assert [problems(each) for each in objects.values()] == [[], []]


def container_of(service: dict[str, Any]) -> dict[str, Any]:
    (container,) = service["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = container
    return found


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda it: it["spec"]["template"]["spec"].update(timeoutSecond=5), "timeoutSecond is unknown"),
        (lambda it: it["spec"]["template"]["spec"].update(timeoutSeconds="5"), "timeoutSeconds is str, not integer"),
        (lambda it: container_of(it).update(securityContext={}), "securityContext is not supported by Cloud Run"),
        (lambda it: container_of(it)["startupProbe"]["httpGet"].update(host="a"), "host is not supported"),
        (lambda it: container_of(it).update(args="serve"), "args is str, not array"),
        (
            lambda it: it["metadata"]["annotations"].update({"run.googleapis.com/cpu-throttling": "false"}),
            "Service has no annotation run.googleapis.com/cpu-throttling",
        ),
    ],
)
def test_what_cloud_run_does_not_know_is_found(deploy: Deploy, damage: Callable[[Any], object], words: str) -> None:
    service = objects_of(deploy, "orders")[""]
    damage(service)
    (problem,) = problems(service)
    assert words in problem


@pytest.mark.parametrize("server", WITH_DATABASE)
def test_the_server_stops_before_it_is_killed(deploy: Deploy, server: str) -> None:
    env = {each["name"]: each["value"] for each in container_of(objects_of(deploy, server)[""])["env"]}
    drain = int(env[f"{SERVERS[server].prefix}DRAIN_SECONDS"])
    others = shutdown.UNREADY_SECONDS + shutdown.ACCEPT_SECONDS + shutdown.COMPONENTS_SECONDS + FLUSH_SECONDS
    assert drain > shutdown.ANSWER_SECONDS
    assert drain + others <= KILLED_AFTER


@pytest.mark.parametrize("server", WITH_DATABASE)
def test_every_secret_is_a_mounted_file(deploy: Deploy, server: str) -> None:
    objects = objects_of(deploy, server)
    tasks = [
        objects[""]["spec"]["template"]["spec"],
        objects["-migrate"]["spec"]["template"]["spec"]["template"]["spec"],
    ]
    for task, owns in zip(tasks, (False, True), strict=True):
        (container,) = task["containers"]
        assert (container["image"] == OWNER_IMAGE) is owns
        paths = {each["value"] for each in container["env"] if each["name"].endswith("_FILE")}
        volumes = {volume["name"]: volume["secret"] for volume in task["volumes"]}
        mounted = {
            f"{mount['mountPath']}/{volumes[mount['name']]['items'][0]['path']}" for mount in container["volumeMounts"]
        }
        assert paths == mounted
        assert len({mount["mountPath"] for mount in container["volumeMounts"]}) == len(volumes), "one secret a folder"
        assert (f"{server}-owner-url" in {secret["secretName"] for secret in volumes.values()}) is owns


@pytest.mark.parametrize("server", WITH_DATABASE)
def test_instances_are_checked_and_keep_their_processor(deploy: Deploy, server: str) -> None:
    service = objects_of(deploy, server)[""]
    container = container_of(service)
    (port,) = container["ports"]
    for probe, path in {"startupProbe": "/live", "livenessProbe": "/live", "readinessProbe": "/ready"}.items():
        assert container[probe]["httpGet"] == {"path": path, "port": port["containerPort"]}
        assert container[probe]["timeoutSeconds"] < container[probe]["periodSeconds"]
    annotations = service["spec"]["template"]["metadata"]["annotations"]
    assert annotations["run.googleapis.com/cpu-throttling"] == "false"
    assert service["spec"]["template"]["spec"]["timeoutSeconds"] == 3600
