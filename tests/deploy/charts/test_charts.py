"""A chart and its server agree."""

from pathlib import Path
from typing import Any

import pytest

from devkit.charts.values import OWNER_SECRETS
from devkit.settings import WORKSPACE
from devkit.workspace.composition import settings_type_of
from devkit.workspace.services import discover, find
from servicekit.access.policy_file import parse_policies, parse_policy
from servicekit.settings.configuration_files import Source
from servicekit.settings.service import ServiceSettings

from .conftest import CHARTS
from .objects import Document, mounted_items, of_kind, pods, server, the

SECRET_TEXTS = {"REDIS_URL": "redis://store:6379/0"}
OTHER_SECRET = "postgresql://role:password@store/database" + "-" * 32


def variables(container: Document) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_every_server_has_a_chart() -> None:
    assert [service.name for service in discover(WORKSPACE)] == sorted(CHARTS, key=lambda n: find(WORKSPACE, n).port)


def test_the_server_starts_with_the_chart_s_settings(
    chart: str, documents: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (container,) = server(documents)["containers"]
    known = {f"{chart}_{name}{end}".upper() for name in settings_type_of(chart).model_fields for end in ("", "_file")}
    for name, value in variables(container).items():
        assert name in known, f"{name} is no setting"
        if value.startswith("/run/secrets/"):
            file = tmp_path / Path(value).name
            setting = name.removeprefix(f"{chart.upper()}_").removesuffix("_FILE")
            file.write_text(SECRET_TEXTS.get(setting, OTHER_SECRET), encoding="utf-8")
            monkeypatch.setenv(name, str(file))
        else:
            monkeypatch.setenv(name, value)
    settings: ServiceSettings = settings_type_of(chart)()
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert (settings.host, settings.port) == ("0.0.0.0", ports["http"])  # noqa: S104


def test_secrets_are_mounted_as_files(documents: list[Document]) -> None:
    spec = server(documents)
    (container,) = spec["containers"]
    items = mounted_items(spec, "secrets")
    mounted = {f"/run/secrets/server/{item['path']}" for item in items}
    assert {value for value in variables(container).values() if value.startswith("/run/secrets/")} == mounted
    assert all("valueFrom" not in variable for variable in container["env"])
    assert "envFrom" not in container
    assert not {item["key"] for item in items} & set(OWNER_SECRETS), "serving pods must not see the owner's password"


def test_a_migration_runs_before_the_new_server(chart: str, documents: list[Document]) -> None:
    jobs = of_kind(documents, "Job")
    assert bool(jobs) is find(WORKSPACE, chart).database
    for job in jobs:
        hooks = job["metadata"]["annotations"]
        assert hooks["helm.sh/hook"] == "pre-install,pre-upgrade"
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["migrate"]
        assert variables(container)[f"{chart.upper()}_OWNER_URL_FILE"] == "/run/secrets/owner/owner_url"
        # Its dependencies are created first: lower weights come first.
        before = [document for document in documents if document["kind"] in ("NetworkPolicy", "ExternalSecret")]
        early = [
            document for document in before if "helm.sh/hook-weight" in document["metadata"].get("annotations", {})
        ]
        assert early
        for document in early:
            assert int(document["metadata"]["annotations"]["helm.sh/hook-weight"]) < int(hooks["helm.sh/hook-weight"])


def test_passwords_can_come_from_files_of_their_own(chart: str, render: Any) -> None:
    if not find(WORKSPACE, chart).database:
        pytest.skip(f"{chart} has no database")
    keys = ["state_keys", "reader_url", "reader_password", "writer_url", "writer_password"]
    documents = render({"secrets": {"keys": keys}, "migration": {"keys": ["owner_url", "owner_password"]}})
    (container,) = server(documents)["containers"]
    file = variables(container)[f"{chart.upper()}_WRITER_PASSWORD_FILE"]
    assert file == "/run/secrets/server/writer_password"
    (mount,) = (mount for mount in container["volumeMounts"] if file.startswith(mount["mountPath"]))
    assert "subPath" not in mount, "Kubernetes replaces no file that is mounted by subPath"
    for job in of_kind(documents, "Job"):
        pod = job["spec"]["template"]["spec"]
        owner = variables(pod["containers"][0])
        assert owner[f"{chart.upper()}_OWNER_PASSWORD_FILE"] == "/run/secrets/owner/owner_password"
        assert [item["path"] for item in mounted_items(pod, "owner")] == ["owner_url", "owner_password"]


def test_large_numbers_keep_their_digits(render: Any) -> None:
    documents = render(
        {"settings": {"limit_server": 12345678}, "policy": {"version": 1, "default": {"limits": {"caller": 1000000}}}}
    )
    (container,) = server(documents)["containers"]
    assert "12345678" in variables(container).values()
    policy = parse_policy(the(documents, "ConfigMap")["data"]["policy.yaml"])
    assert policy.default.limits.caller == 1_000_000


def test_policies_of_several_teams_are_files_of_one_folder(render: Any) -> None:
    teams = {
        "sales": {"version": 1, "clients": {"a": {"write": False}}},
        "support": {"version": 1, "clients": {"b": {}}},
    }
    documents = render({"policy": {"version": 1, "default": {"max_records": 5}}, "policies": teams})
    (container,) = server(documents)["containers"]
    assert "/etc/policy" in variables(container).values()
    files = [Source(name, text) for name, text in the(documents, "ConfigMap")["data"].items()]
    assert [file.path for file in files] == ["policy.yaml", "sales.yaml", "support.yaml"]
    assert all(file.text.startswith("---\n") and file.text.endswith("\n...\n") for file in files)
    policy = parse_policies(files)
    assert (sorted(policy.clients), policy.default.max_records) == (["a", "b"], 5)


def test_a_list_is_rendered_as_words(render: Any) -> None:
    documents = render({"settings": {"token_types": ["at+jwt", "JWT"]}})
    assert "at+jwt JWT" in variables(server(documents)["containers"][0]).values()


def test_a_private_ca_and_a_proxy_reach_server_and_migration(render: Any) -> None:
    mount = {"name": "authority", "mountPath": "/etc/authority", "readOnly": True}
    given = {"SSL_CERT_FILE": "/etc/authority/ca.crt", "HTTPS_PROXY": "http://proxy:3128"}
    documents = render(
        {
            "env": [{"name": name, "value": value} for name, value in given.items()],
            "extraVolumes": [{"name": "authority", "configMap": {"name": "authority"}}],
            "extraVolumeMounts": [mount],
        }
    )
    specs = [spec for labels, spec in pods(documents) if labels["app.kubernetes.io/component"] != "test"]
    assert len(specs) == 1 + len(of_kind(documents, "Job"))
    for spec in specs:
        assert given.items() <= variables(spec["containers"][0]).items()
        assert mount in spec["containers"][0]["volumeMounts"]
        assert {"name": "authority", "configMap": {"name": "authority"}} in spec["volumes"]


def test_the_helm_test_may_connect_and_compiles(chart: str, documents: list[Document]) -> None:
    pod = the(documents, "Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    compile(pod["spec"]["containers"][0]["args"][0], "helm test", "exec")
    policies = [entry for entry in of_kind(documents, "NetworkPolicy") if entry["metadata"]["name"] == chart]
    callers = [
        peer["podSelector"]["matchLabels"]
        for peer in policies[0]["spec"]["ingress"][0]["from"]
        if "podSelector" in peer
    ]
    assert any(labels.items() <= pod["metadata"]["labels"].items() for labels in callers)


def test_a_chart_has_no_template_of_its_own(chart: str) -> None:
    assert [file.name for file in (WORKSPACE / "helm" / chart / "templates").iterdir()] == ["all.yaml"]
