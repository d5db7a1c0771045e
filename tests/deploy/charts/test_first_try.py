"""A first try with bundled stores: its databases, secrets and servers fit together, on real stores."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devkit.charts.rendering import UMBRELLA, Charts, Values
from devkit.loopback.ports import free_port
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.stores.binaries import find_postgres, find_valkey
from devkit.stores.testing import postgres_for_tests
from devkit.workspace.services import discover, find
from tests.fixtures.calls import call
from tests.fixtures.served import client_of, served

from .objects import Document, of_kind, pods

DATABASES = [service.name for service in discover(WORKSPACE) if service.database]
SECRETS = "/run/secrets/"


@pytest.fixture(scope="module")
def documents(charts: Charts) -> list[Document]:
    """The whole first try."""
    return charts.render(UMBRELLA, first_try(charts))


def first_try(charts: Charts) -> Values:
    return next(values for values in charts.values(UMBRELLA) if values.name == "values-first-try")


def named(documents: list[Document], kind: str, name: str) -> Document:
    (found,) = (found for found in of_kind(documents, kind) if found["metadata"]["name"] == f"{UMBRELLA}-{name}")
    return found


class Pod:
    """What a container of a rendered pod would have: its variables, and the files of its Secrets in a folder."""

    def __init__(self, documents: list[Document], spec: Document, container: Document, folder: Path) -> None:
        self.folder = folder
        self.container = container
        secrets = {found["metadata"]["name"]: found["stringData"] for found in of_kind(documents, "Secret")}
        for volume in spec["volumes"]:
            for source in volume.get("projected", {}).get("sources", [volume]):
                if "secret" in source:
                    secret = source["secret"]
                    content = secrets[secret.get("secretName") or secret["name"]]
                    for item in secret["items"]:
                        file = folder / volume["name"].replace("secrets", "server") / item["path"]
                        file.parent.mkdir(parents=True, exist_ok=True)
                        file.write_text(content[item["key"]], encoding="utf-8")

    def local(self, text: str) -> str:
        """A text with the paths of this folder."""
        return text.replace(SECRETS, f"{self.folder}/")

    @property
    def variables(self) -> dict[str, str]:
        return {entry["name"]: self.local(entry["value"]) for entry in self.container.get("env", ())}

    def move(self, host: str, to: str) -> None:
        """Replace the address of a store in every file."""
        for file in self.folder.rglob("*"):
            if file.is_file():
                file.write_text(file.read_text(encoding="utf-8").replace(host, to), encoding="utf-8")


def migration_of(documents: list[Document], name: str) -> Document:
    """The pod of the Job that migrates a server's database."""
    (job,) = (
        found for found in of_kind(documents, "Job") if found["metadata"]["labels"]["app.kubernetes.io/name"] == name
    )
    assert "helm.sh/hook" not in job["metadata"]["annotations"], "a hook would run before the bundled Postgres exists"
    spec: Document = job["spec"]["template"]["spec"]
    return spec


def test_every_object_has_what_it_names(documents: list[Document]) -> None:
    secrets = {found["metadata"]["name"]: found["stringData"] for found in of_kind(documents, "Secret")}
    for _, spec in pods(documents):
        for volume in spec.get("volumes", ()):
            for source in volume.get("projected", {}).get("sources", [volume]):
                if "secret" in source:
                    content = secrets[source["secret"].get("secretName") or source["secret"]["name"]]
                    assert {item["key"] for item in source["secret"]["items"]} <= content.keys()
    services = {found["metadata"]["name"] for found in of_kind(documents, "Service")}
    hosts = {
        urlsplit(value).hostname
        for content in secrets.values()
        for name, value in content.items()
        if name.endswith("_url")
    }
    assert hosts == {f"{UMBRELLA}-postgres", f"{UMBRELLA}-valkey"} <= services


def test_bundled_stores_are_restricted_pods(documents: list[Document]) -> None:
    stores = [spec for labels, spec in pods(documents) if labels["app.kubernetes.io/component"] == "store"]
    assert len(stores) == 2
    for spec in stores:
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_passwords_differ_and_the_servers_know_no_key(documents: list[Document]) -> None:
    generated = named(documents, "Secret", "first-try")["stringData"]
    assert len(set(generated.values())) == len(generated)
    for secret in of_kind(documents, "Secret"):
        if secret["metadata"]["name"] != f"{UMBRELLA}-first-try":
            assert generated["api_key"] not in str(secret)
            assert generated["postgres"] not in str(secret)


@pytest.fixture(scope="module")
def stores() -> Iterator[str]:
    """The URL of a Postgres server that has nothing yet."""
    with postgres_for_tests(DevkitSettings(TEST_SERVICES="embedded")) as server:
        yield server.admin_url


@contextmanager
def valkey(documents: list[Document], folder: Path) -> Iterator[int]:
    """The bundled Valkey, with its command and password; yields its port."""
    spec = named(documents, "Deployment", "valkey")["spec"]["template"]["spec"]
    pod = Pod(documents, spec, spec["containers"][0], folder)
    (script,), port = pod.container["args"], free_port()
    for place in ("/tmp/", "/data"):  # noqa: S108  # in the container
        (folder / place.strip("/")).mkdir()
        script = script.replace(f" {place}", f" {folder}{place}")
    script = (
        pod.local(script).replace("6379", str(port)).replace("valkey-server", str(find_valkey(DevkitSettings())), 1)
    )
    with subprocess.Popen([*pod.container["command"], script], stdout=subprocess.DEVNULL) as process:
        yield port
        process.terminate()


@pytest.mark.parametrize("name", DATABASES)
async def test_the_generated_key_opens_a_server_on_the_bundled_stores(
    charts: Charts, stores: str, tmp_path: Path, name: str
) -> None:
    port = free_port()
    own = f"{name}.settings.public_url=http://localhost:{port}/mcp"
    documents = charts.render(UMBRELLA, first_try(charts), ["--set", own])
    address, program = urlsplit(stores), find(WORKSPACE, name).program(WORKSPACE)
    base = {"PATH": f"{find_postgres(DevkitSettings())}:{os.environ['PATH']}", "HOME": str(tmp_path)}

    job = migration_of(documents, name)
    (init,), (migrate,) = job["initContainers"], job["containers"]
    pod = Pod(documents, job, init, tmp_path / "job")
    (pod.folder / "store" / "postgres").write_text(address.password or "", encoding="utf-8")
    store = {**base, **pod.variables, "PGHOST": str(address.hostname), "PGPORT": str(address.port)}
    for _ in range(2):  # safe to repeat
        run([*init["command"], pod.local(init["args"][0])], store)
    pod = Pod(documents, job, migrate, pod.folder)
    pod.move(f"{UMBRELLA}-postgres:5432", f"{address.hostname}:{address.port}")
    assert "Migrated to revision" in run([program, *migrate["args"]], {**base, **pod.variables})

    spec = named(documents, "Deployment", name)["spec"]["template"]["spec"]
    pod = Pod(documents, spec, spec["containers"][0], tmp_path / "server")
    pod.move(f"{UMBRELLA}-postgres:5432", f"{address.hostname}:{address.port}")
    with valkey(documents, tmp_path / "valkey") as store_port:
        pod.move(f"{UMBRELLA}-valkey:6379", f"127.0.0.1:{store_port}")
        environment = {**base, **pod.variables, f"{name.upper()}_PORT": str(port)}
        (check,) = spec["initContainers"]
        assert ", 0 failed." in run([program, *check["args"]], environment)
        with served([program, "serve"], environment, port, tmp_path / "log") as url:
            key = named(documents, "Secret", "first-try")["stringData"]["api_key"]
            async with client_of(url, key) as client:
                assert (await call(client, f"{name}_whoami"))["subject"] == "first-try"
            with pytest.raises(BaseException, match="401"):
                async with client_of(url, f"{key[:-1]}{'b' if key[-1] == 'a' else 'a'}"):
                    pass


def run(command: list[str | Path], environment: dict[str, str]) -> str:
    """What a command prints that succeeds."""
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
