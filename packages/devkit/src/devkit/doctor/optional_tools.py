"""Programs that some tests need: without one, those tests are skipped."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devkit.doctor.finding import Finding

_TEST = re.compile(r"^\s*(?:async )?def test_", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, the tests that need it, and what installs it.

    Attributes:
        programs: its names on PATH, or paths below the workspace; one is enough.
        tests: pattern of the path or the text of the test files.
    """

    name: str
    programs: tuple[str, ...]
    tests: str
    remedy: str

    def find(self, workspace: Path, path: str) -> str | None:
        """Where it is; None where it is missing."""
        for program in self.programs:
            candidate = str(workspace / program) if "/" in program else program
            if found := shutil.which(candidate, path=path):
                return found
        return None

    def files(self, workspace: Path) -> list[Path]:
        """The test files that need it."""
        pattern = re.compile(self.tests)
        return [
            path
            for path in sorted((workspace / "tests").rglob("test_*.py"))
            if pattern.search(f"{path.relative_to(workspace).as_posix()}\n{path.read_text(encoding='utf-8')}")
        ]


_UNPACKED = ".tools/proxies/usr"
_STORES = ".tools/stores/debian/usr"
TOOLS = (
    Tool(
        "chromium",
        ("chromium", "chromium-browser", "google-chrome"),
        r"\bchromium\(",
        ".ci/tools # Debian and Ubuntu; or name a browser in CHROMIUM",
    ),
    Tool(
        "promtool", ("promtool", ".tools/prometheus/usr/bin/promtool"), r"\bpromtool\(", ".ci/tools # Debian and Ubuntu"
    ),
    Tool(
        "helm",
        (".venv/bin/helm", "helm"),
        r"tests/deploy/charts/|: Helm\b",
        "make .venv/.charts # Linux x86_64; or put helm on PATH",
    ),
    Tool("nginx", ("nginx", f"{_UNPACKED}/sbin/nginx"), r"tests/deploy/proxies/", ".ci/tools # Debian and Ubuntu"),
    Tool("caddy", ("caddy", f"{_UNPACKED}/bin/caddy"), r"tests/deploy/proxies/", ".ci/tools # Debian and Ubuntu"),
    Tool("node", (".venv/bin/node", "node"), r"test_real_clients|test_custom_resources", "make .venv/.charts"),
    Tool("git", ("git",), r"tests/devkit/github/test_simulator", "apt install git"),
    Tool("openssl", ("openssl",), r'which\("openssl"\)', "apt install openssl"),
    Tool("podman", ("podman",), r"tests/deploy/images/", "apt install podman"),
    Tool("buildah", ("buildah",), r"tests/deploy/images/|test_rehearsal", "apt install buildah"),
    Tool("claude", ("claude",), r'which\("claude"\)', "npm install --global @anthropic-ai/claude-code"),
    Tool(
        "pgbouncer",
        ("pgbouncer", f"{_STORES}/sbin/pgbouncer"),
        r"(?i)pgbouncer",
        ".ci/stores # Debian and Ubuntu",
    ),
)


def check_tools(workspace: Path, environment: Mapping[str, str]) -> list[Finding]:
    """One finding for each tool; a missing one is no fault of the machine, and its message counts the tests."""
    return [_check(tool, workspace, environment.get("PATH", "")) for tool in TOOLS]


def _check(tool: Tool, workspace: Path, path: str) -> Finding:
    number = sum(len(_TEST.findall(file.read_text(encoding="utf-8"))) for file in tool.files(workspace))
    if (found := tool.find(workspace, path)) is not None:
        return Finding("ok", tool.name, f"optional: {found}, for up to {number} tests")
    return Finding("ok", tool.name, f"optional: missing; up to {number} tests are skipped", tool.remedy)
