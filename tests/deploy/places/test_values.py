"""An operator's values: what is missing, unknown or wrong is refused by name, and nothing unfilled is written."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from devkit.errors import DevkitError
from devkit.places.generated_files import PLACES as KINDS
from devkit.places.generated_files import deployment
from devkit.settings import WORKSPACE
from devkit.workspace.composition import settings_type_of
from devkit.workspace.services import find

from .conftest import PLACES, SERVERS, SHARED, Deploy

COMBINATIONS = [
    (place, name)
    for place in PLACES
    for name, service in SERVERS.items()
    if place != "cloud-run" or service.database
]  # fmt: skip


@pytest.mark.parametrize(("place", "server"), COMBINATIONS)
def test_filled_files_have_no_placeholder(deploy: Deploy, place: str, server: str) -> None:
    assert "${" not in "".join(deploy(place, server).values())


@pytest.mark.parametrize(("place", "server"), COMBINATIONS)
def test_every_value_of_the_repository_s_files_is_a_placeholder(place: str, server: str) -> None:
    files = [file for file in (WORKSPACE / "deploy" / place).rglob("*") if file.is_file()]
    text = "".join(file.read_text() for file in files if server in f"{file.parent.name} {file.name}")
    required = [name for name, info in KINDS[place].model_fields.items() if info.is_required() and name != "settings"]
    assert [name for name in (*required, "public_url", "issuer") if f"${{{name}}}" not in text] == []


@pytest.mark.parametrize(("place", "server"), COMBINATIONS)
@pytest.mark.parametrize("name", ["image", "issuer", "public_url"])
def test_the_repository_s_files_are_refused_as_they_are(deploy: Deploy, place: str, server: str, name: str) -> None:
    unfilled = {"image": "${image}"} if name == "image" else {"settings": SHARED["settings"] | {name: f"${{{name}}}"}}
    with pytest.raises(DevkitError, match=name.upper() if name != "image" else "image"):
        deploy(place, server, **unfilled)


@pytest.mark.parametrize(
    ("place", "changes", "words"),
    [
        ("ecs", {"clustr": "a"}, r"clustr is no value. Did you mean cluster\?"),
        ("ecs", {"cluster": None}, "cluster is missing. Name or ARN"),
        ("ecs", {"owner_secrets_arn": None}, "owner_secrets_arn is missing"),
        ("ecs", {"secrets_arn": "mcp/server"}, "secrets_arn: .*ARN of the Secrets Manager secret"),
        ("ecs", {"subnets": []}, "subnets: .*at least one"),
        ("ecs", {"image": "ghcr.io/example/mcp:latest"}, "no fixed version"),
        ("ecs", {"image": "ghcr.io/example/mcp"}, "no fixed version"),
        ("ecs", {"image": "ghcr.io/example/mcp@sha256:12"}, "64 hexadecimal digits"),
        ("ecs", {"cpu": 300}, "Fargate has 256, 512"),
        ("ecs", {"memory": 768}, "with cpu 256 Fargate has 512, 1024, 2048"),
        ("ecs", {"architecture": "arm"}, "X86_64 or ARM64"),
        ("fly", {"app": "Example"}, "app: .*Name of the app"),
        ("fly", {"memory": 300}, "multiple of 256"),
        ("fly", {"settings": {"public_url": "https://a.example/mcp"}}, "settings.issuer is missing"),
        ("cloud-run", {"migration_service_account": None}, "migration_service_account is missing"),
        ("cloud-run", {"secrets": ["replica_ur"]}, r"replica_ur is no secret setting .*replica_url\?"),
        ("heroku", {}, "Use one of: ecs, fly, cloud-run"),
    ],
)
def test_a_wrong_value_is_refused_by_name(deploy: Deploy, place: str, changes: dict[str, Any], words: str) -> None:
    PLACES.setdefault("heroku", SHARED)
    try:
        with pytest.raises(DevkitError, match=f"(?s){words}"):
            deploy(place, "orders", **changes)
    finally:
        del PLACES["heroku"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit_caler": 5}, r"settings.limit_caler is no setting of orders. Did you mean limit_caller\?"),
        ({"limit_caller": 0}, "ORDERS_LIMIT_CALLER: "),
        ({"public_url": "https://mcp.example.com/"}, "ORDERS_PUBLIC_URL: "),
        ({"writer_url": "postgresql://a@b/c"}, "settings.writer_url is a secret"),
        ({"port": 80}, "settings.port is decided by the place"),
    ],
)
def test_a_wrong_setting_is_refused_as_the_server_does(deploy: Deploy, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DevkitError, match=words):
        deploy("fly", "orders", settings=SHARED["settings"] | changes)


@pytest.mark.parametrize("server", [name for name, service in SERVERS.items() if not service.database])
def test_cloud_run_refuses_audit_files(deploy: Deploy, server: str) -> None:
    with pytest.raises(DevkitError, match=r"loses its files when it ends.*Use Kubernetes, Fly.io"):
        deploy("cloud-run", server)
    assert not list((WORKSPACE / "deploy" / "cloud-run").glob(f"{server}*"))


def test_without_a_disk_ecs_refuses_audit_files(deploy: Deploy) -> None:
    with pytest.raises(DevkitError, match=r"file_system is missing. Id of the EFS"):
        deploy("ecs", "github", file_system=None)


def test_a_server_starts_with_the_variables_of_a_place(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    text = deploy("fly", "github", settings=SHARED["settings"] | {"log_level": "debug", "read_only": True})
    for name, value in tomllib.loads(text["github.toml"])["env"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_STATE_KEYS", "stored-elsewhere" * 2)
    settings = settings_type_of("github")()
    assert (settings.port, settings.metrics_port, settings.read_only, settings.log_level) == (8000, 9000, True, "debug")
    assert str(settings.audit_file) == "/var/lib/audit/trail.jsonl"  # type: ignore[attr-defined]


def test_values_files_that_are_no_mapping_are_refused(tmp_path: Path) -> None:
    for name, content in {"absent": None, "list": "[1]", "broken": "{"}.items():
        file = tmp_path / name
        if content is not None:
            file.write_text(content)
        with pytest.raises(DevkitError, match=name):
            deployment("fly", find(WORKSPACE, "orders"), file)
