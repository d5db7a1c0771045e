"""Images run with a read-only root, without capabilities and without a network that could help them start."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from devkit.release.image import Image, NoBuilder, build_image, find_builder, kinds_of
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.stack.container_stack import prepare_containers
from devkit.workspace.services import ServiceDescription, find

pytestmark = pytest.mark.slow

SETTINGS = DevkitSettings()
HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none", "--tmpfs=/tmp")
OWNER_ONLY = {"alembic", "greenlet", "mako", "markupsafe", "sqlalchemy"}
LIVE = """
import http.client, os, sys, time
port = int(os.environ[os.environ["SERVICE"].upper() + "_PORT"])
end = time.monotonic() + 60
while True:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", sys.argv[1])
        sys.stdout.write(connection.getresponse().read().decode())
        raise SystemExit
    except OSError:
        if time.monotonic() > end:
            raise
        time.sleep(0.1)
"""


def podman(*arguments: str | Path) -> str:
    """The output of a podman command."""
    finished = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module", params=["orders", "weather"])
def service(request: pytest.FixtureRequest) -> ServiceDescription:
    """A server with a database, and one without."""
    if shutil.which("podman") is None:
        pytest.skip("podman is missing: apt install podman")
    try:
        find_builder(SETTINGS)
    except NoBuilder as missing:
        pytest.skip(str(missing))
    return find(WORKSPACE, request.param)


@pytest.fixture(scope="module")
def images(service: ServiceDescription, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    """The built images of the server, by kind."""
    folder = tmp_path_factory.mktemp("images")
    return {kind: build_image(SETTINGS, service, folder / kind, kind) for kind in kinds_of(service)}


def test_the_image_that_serves_starts(service: ServiceDescription, images: dict[str, Image], tmp_path: Path) -> None:
    variables = prepare_containers(DevkitSettings(state=tmp_path / "state")) / f"{service.name}.env"
    audit = tmp_path / "audit"
    audit.mkdir(mode=0o777)
    audit.chmod(0o777)
    volumes = () if service.database else (f"--volume={audit}:/var/lib/audit",)
    name = images["server"].name
    container = podman("run", "--detach", *HARDENED, *volumes, f"--env-file={variables}", name).strip()
    try:
        python = ("exec", container, "/app/.venv/bin/python", "-S", "-c", LIVE)
        assert json.loads(podman(*python, "/live")) == {"status": "alive"}
        versions = json.loads(podman(*python, "/health"))["versions"]
        labels = json.loads(podman("inspect", "--format={{json .Config.Labels}}", container))
    finally:
        podman("rm", "--force", "--time=5", container)
    assert versions[service.name] == service.version == labels["org.opencontainers.image.version"]
    assert versions["servicekit"] == labels["mcp-fleet.servicekit.version"]


def test_the_owner_s_commands_are_in_the_owner_s_image_only(
    service: ServiceDescription, images: dict[str, Image]
) -> None:
    (serving,) = images["server"].contents.values()
    assert len(serving.own_layers) == 2
    assert not {*OWNER_ONLY, "rich", "watchfiles"} & serving.python.keys()
    if service.database:
        (owner,) = images["owner"].contents.values()
        assert owner.python.keys() - serving.python.keys() == OWNER_ONLY
        assert "Migrate" in podman("run", "--rm", *HARDENED, images["owner"].name, "migrate", "--help")
