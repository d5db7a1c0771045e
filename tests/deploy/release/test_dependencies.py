"""What images contain: wheels for both platforms, and only what serving needs."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from devkit.release.base_images import base_images
from devkit.release.build import NOT_INSTALLED
from devkit.release.image import kinds_of
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.simulators.registry import find_simulator
from devkit.workspace.services import ServiceDescription, discover

LOCKED = tomllib.loads((WORKSPACE / "uv.lock").read_text(encoding="utf-8"))["package"]
LOCK: dict[str, dict[str, Any]] = {package["name"]: package for package in LOCKED}
OWNER_ONLY = {"alembic", "greenlet", "mako", "markupsafe", "sqlalchemy"}
DEVELOPMENT_ONLY = {"rich", "watchfiles", "websockets"}
SERVERS = discover(WORKSPACE)


def python_version() -> tuple[int, int]:
    """The Python of the base image."""
    found = re.search(r"python:(\d+)\.(\d+)", base_images(DevkitSettings(PYTHON_IMAGE=None))["PYTHON_IMAGE"])
    assert found is not None
    return int(found[1]), int(found[2])


def installed(service: ServiceDescription, machine: str, *, owner: bool) -> set[str]:
    """The locked packages of an image, as `uv sync` of the Dockerfile chooses them."""
    environment = {"platform_machine": machine, "sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
    environment["python_version"] = ".".join(map(str, python_version()))
    environment["python_full_version"] = f"{environment['python_version']}.0"
    seen: set[tuple[str, str]] = set()
    name = f"mcp-fleet-{service.name}"
    extras = [extra for extra in LOCK[name].get("optional-dependencies", {}) if owner or extra != "owner"]
    waiting = [(name, ""), *((name, extra) for extra in extras)]

    def needs(package: str, extra: str) -> Iterator[tuple[str, str]]:
        locked = LOCK[package]
        for dependency in locked.get("optional-dependencies", {})[extra] if extra else locked.get("dependencies", ()):
            if "marker" not in dependency or Marker(dependency["marker"]).evaluate(environment):
                yield dependency["name"], ""
                yield from ((dependency["name"], further) for further in dependency.get("extra", ()))

    while waiting:
        if (wanted := waiting.pop()) not in seen:
            seen.add(wanted)
            waiting += needs(*wanted)
    return {package for package, _ in seen} - set(NOT_INSTALLED)


@pytest.mark.parametrize("service", SERVERS, ids=lambda service: service.name)
def test_documented_images_have_the_locked_packages(service: ServiceDescription) -> None:
    page = (WORKSPACE / "docs" / "releasing.md").read_text(encoding="utf-8")
    if f"| `mcp-{service.name}`, " not in page:
        pytest.skip("its images were not built yet: make images writes the table")
    for kind in kinds_of(service):
        row = re.search(rf"^\| `mcp-{service.name}`, {kind} \|[^|]+\|[^|]+\| (\d+) \|", page, re.MULTILINE)
        assert row is not None, kind
        assert int(row[1]) == len(installed(service, "x86_64", owner=kind == "owner")), kind


def supported(machine: str) -> set[Any]:
    """The tags of wheels that the base image installs: Debian 12 has glibc 2.36."""
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(36, 16, -1)] + [f"manylinux2014_{machine}"]
    version = python_version()
    return {
        *cpython_tags(version, platforms=platforms),
        *compatible_tags(version, f"cp{version[0]}{version[1]}", platforms),
    }


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("service", SERVERS, ids=lambda service: service.name)
def test_every_locked_dependency_has_a_wheel(service: ServiceDescription, machine: str) -> None:
    tags = supported(machine)
    packages = installed(service, machine, owner=True)
    assert len(packages) > 50
    for package in packages:
        if not package.startswith("mcp-fleet-"):
            # The lock has several versions where they differ by Python.
            wheels = [wheel for entry in LOCKED if entry["name"] == package for wheel in entry.get("wheels", ())]
            names = [wheel["url"].rpartition("/")[2] for wheel in wheels]
            assert any(parse_wheel_filename(name)[3] & tags for name in names), package


@pytest.mark.parametrize("service", SERVERS, ids=lambda service: service.name)
def test_the_image_that_serves_has_only_what_serving_needs(service: ServiceDescription) -> None:
    serving = installed(service, "x86_64", owner=False)
    assert {"mcp", "uvloop", "httptools", "uvicorn"} <= serving
    assert not serving & (OWNER_ONLY | DEVELOPMENT_ONLY)
    owner = installed(service, "x86_64", owner=True)
    assert (owner - serving == OWNER_ONLY) is service.database
    assert not owner & DEVELOPMENT_ONLY


def test_only_typer_asks_for_what_images_leave_out() -> None:
    text = (WORKSPACE / "Dockerfile").read_text(encoding="utf-8")
    for stage in (part for part in text.split("\nFROM ") if "uv sync" in part):
        assert sorted(re.findall(r"--no-install-package ([\w-]+)", stage)) == sorted(NOT_INSTALLED)
    asked = {
        (name, dependency["name"])
        for name in set().union(*(installed(service, "x86_64", owner=True) | set(NOT_INSTALLED) for service in SERVERS))
        for dependency in LOCK[name].get("dependencies", ())
        if dependency["name"] in NOT_INSTALLED
    }
    assert asked == {("typer", "rich"), ("rich", "markdown-it-py"), ("rich", "pygments"), ("markdown-it-py", "mdurl")}


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *of: None if name.partition(".")[0] in {names!r} else find(name, *of)
sys.argv = ["server", *{arguments!r}]
from {package}.__main__ import main
main()
"""


def run(service: ServiceDescription, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a server's program without the packages that the image which serves lacks."""
    names = sorted(OWNER_ONLY | DEVELOPMENT_ONLY)
    code = BLOCKED.format(names=names, arguments=list(arguments), package=f"{service.name}_mcp")
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=nothing_answers(service), capture_output=True, text=True, check=False)


def nothing_answers(service: ServiceDescription) -> dict[str, str]:
    """The settings that a server needs, with stores and an upstream that nothing serves."""
    nothing = "127.0.0.1:1"
    settings = {"PUBLIC_URL": service.resource, "ISSUER": f"http://{nothing}", "REDIS_URL": f"redis://{nothing}/0"}
    if service.database:
        settings |= dict.fromkeys(("READER_URL", "WRITER_URL"), f"postgresql://role:word@{nothing}/none")
    if service.simulator is not None:
        settings |= find_simulator(service.simulator).environment(f"http://{nothing}")
    return {f"{service.prefix}{name}": value for name, value in settings.items()}


@pytest.mark.parametrize("service", SERVERS, ids=lambda service: service.name)
def test_the_program_runs_without_what_its_image_lacks(service: ServiceDescription) -> None:
    checked = run(service, "check", "--timeout", "1", "--json")
    findings = {finding["check"]: finding["status"] for finding in json.loads(checked.stdout)}
    assert findings["store.connection"] == "fail"
    assert "Traceback" not in checked.stderr
    if service.database:
        refused = run(service, "migrate")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith("`migrate` is not part of this image")


def test_help_and_errors_need_nothing_of_what_images_leave_out() -> None:
    """They are the kit's, and the same of each server."""
    helped = run(SERVERS[0], "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "serve" in helped.stdout
    wrong = run(SERVERS[0], "srve")
    assert wrong.returncode == 2
    assert "Did you mean 'serve'?" in wrong.stderr
