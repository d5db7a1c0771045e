"""Fly.io: configurations with the keys that flyctl knows, and a migration whose secrets the servers do not have."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from devkit.workspace.composition import has_audit_file
from servicekit.http.shutdown import GRACE_SECONDS

from .conftest import OWNER_IMAGE, SERVERS, Deploy

SCHEMA = Draft202012Validator(yaml.safe_load((Path(__file__).parent / "fly.schema.yaml").read_text()))


def configuration_of(deploy: Deploy, server: str) -> dict[str, Any]:
    return tomllib.loads(deploy("fly", server)[f"{server}.toml"])


def problems(configuration: dict[str, Any]) -> list[str]:
    return [f"{problem.json_path}: {problem.message}" for problem in SCHEMA.iter_errors(configuration)]


@pytest.mark.parametrize("server", SERVERS)
def test_flyctl_knows_every_key(deploy: Deploy, server: str) -> None:
    assert problems(configuration_of(deploy, server)) == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda it: it.update(kill_timout="25s"), "kill_timout"),
        (lambda it: it.update(kill_timeout="301s"), "kill_timeout"),
        (lambda it: it["http_service"].update(check=[]), "check"),
        (lambda it: it["http_service"]["checks"][0].update(interval="1s"), "interval"),
        (lambda it: it["http_service"].update(internal_port="8000"), "internal_port"),
        (lambda it: it["env"].update(ORDERS_PORT=8000), "ORDERS_PORT"),
        (lambda it: it["deploy"].update(strategy="rolling-eyes"), "strategy"),
    ],
)
def test_a_wrong_key_or_value_is_found(deploy: Deploy, damage: Callable[[Any], object], words: str) -> None:
    configuration = configuration_of(deploy, "orders")
    damage(configuration)
    (problem,) = problems(configuration)
    assert words in problem


@pytest.mark.parametrize("server", SERVERS)
def test_machines_are_checked_and_stop_gracefully(deploy: Deploy, server: str) -> None:
    configuration = configuration_of(deploy, server)
    port = configuration["http_service"]["internal_port"]
    prefix = SERVERS[server].prefix
    assert configuration["env"][f"{prefix}PORT"] == str(port)
    assert configuration["env"][f"{prefix}METRICS_PORT"] == str(configuration["metrics"][0]["port"])
    assert configuration["http_service"]["checks"][0]["path"] == "/ready"
    assert (configuration["checks"]["live"]["port"], configuration["checks"]["live"]["path"]) == (port, "/live")
    assert (configuration["kill_signal"], configuration["kill_timeout"]) == ("SIGTERM", f"{GRACE_SECONDS}s")
    assert configuration["deploy"]["release_command"] == "check"


@pytest.mark.parametrize("server", SERVERS)
def test_audit_files_are_on_a_volume_that_does_not_fill_up(deploy: Deploy, server: str) -> None:
    configuration = configuration_of(deploy, server)
    assert ("mounts" in configuration) is has_audit_file(server)
    if has_audit_file(server):
        env, (mount,) = configuration["env"], configuration["mounts"]
        assert Path(env[f"{SERVERS[server].prefix}AUDIT_FILE"]).parent == Path(mount["destination"])
        size = int(mount["initial_size"].removesuffix("gb")) * 10**9
        assert int(env[f"{SERVERS[server].prefix}AUDIT_FILE_MAX_TOTAL"]) < size


@pytest.mark.parametrize("server", SERVERS)
def test_the_servers_have_no_secret_of_the_owner(deploy: Deploy, server: str) -> None:
    files = deploy("fly", server)
    assert "OWNER" not in files[f"{server}.toml"]
    assert (f"{server}-migrate.json" in files) is SERVERS[server].database
    if SERVERS[server].database:
        machine = json.loads(files[f"{server}-migrate.json"])
        assert machine["init"] == {"cmd": ["migrate"]}
        assert machine["restart"] == {"policy": "no"}
        assert machine["image"] == OWNER_IMAGE != configuration_of(deploy, server)["build"]["image"]


@pytest.mark.parametrize("server", SERVERS)
def test_the_file_lists_its_secrets(deploy: Deploy, server: str) -> None:
    text = deploy("fly", server)[f"{server}.toml"]
    prefix = SERVERS[server].prefix
    listed = {line.strip("# ") for line in text.splitlines() if line.startswith(f"#   {prefix}")}
    assert {f"{prefix}STATE_KEYS", f"{prefix}AUDIT_ANCHOR_KEYS", f"{prefix}REDIS_URL"} <= listed
    assert ({f"{prefix}READER_URL", f"{prefix}WRITER_URL"} <= listed) is SERVERS[server].database
