"""A small fleet in a git repository of its own, for tests that change it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Change = Callable[[str, str], None]

PROJECT = """[project]
name = "mcp-fleet-{name}"
version = "1.0.0"
dependencies = ["mcp-fleet-servicekit>=1.0,<1.1"]

[tool.fleet]
port = {port}
scopes = ["{name}:read"]
"""

KIT = """[project]
name = "mcp-fleet-servicekit"
version = "1.0.0"
"""

LOCK = """version = 1

[[package]]
name = "mcp-fleet-orders"
version = "1.0.0"
dependencies = [{ name = "alembic" }, { name = "mcp-fleet-servicekit" }]

[[package]]
name = "mcp-fleet-weather"
version = "1.0.0"
dependencies = [{ name = "mcp-fleet-servicekit" }]

[package.optional-dependencies]
charts = [{ name = "matplotlib" }]

[[package]]
name = "matplotlib"
version = "3.0.0"

[[package]]
name = "mcp-fleet-servicekit"
version = "1.0.0"
dependencies = [{ name = "redis", extra = ["hiredis"] }]

[[package]]
name = "alembic"
version = "1.0.0"
dependencies = [{ name = "mako" }]

[[package]]
name = "mako"
version = "1.0.0"
wheels = [{ url = "https://example.test/mako.whl", hash = "sha256:00" }]

[[package]]
name = "redis"
version = "8.0.0"

[package.optional-dependencies]
hiredis = [{ name = "hiredis" }]

[[package]]
name = "hiredis"
version = "3.0.0"

[[package]]
name = "pytest"
version = "9.0.0"
"""


def git(repository: Path, *arguments: str) -> str:
    """The output of a git command."""
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.test"]
    command = ["git", "-C", str(repository), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A repository with two servers, the released kit and a lock, as one commit on `main`."""
    for port, name in enumerate(("orders", "weather"), start=8101):
        folder = tmp_path / "services" / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(PROJECT.format(name=name, port=port), encoding="utf-8")
    kit = tmp_path / "packages" / "servicekit"
    kit.mkdir(parents=True)
    (kit / "pyproject.toml").write_text(KIT, encoding="utf-8")
    (tmp_path / "uv.lock").write_text(LOCK, encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    git(tmp_path, "tag", "servicekit-v1.0.0")
    return tmp_path
