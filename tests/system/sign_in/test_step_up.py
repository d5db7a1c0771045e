"""Sign-in and step-up with the official SDKs, each with its own OAuth code, and the consent page in a real browser."""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import pytest

from devkit.issuer.testing import RunningIssuer, issuer_in_thread
from devkit.settings import WORKSPACE
from servicekit.testing.service import serving
from tests.devkit.browser import Page, chromium
from tests.fixtures.npm import NotInstalled, install, node
from tests.fixtures.pip import PROGRAMS as SHARED
from tests.fixtures.pip import environment
from tests.servicekit.apps.general_app import READ, WRITE, general_app
from tests.servicekit.conftest import at

pytestmark = pytest.mark.slow

HERE: Final = Path(__file__).parent
PROGRAMS: Final = HERE / "programs"
INSTALLED: Final = WORKSPACE / ".tools" / "sign-in"
PATIENCE: Final = 120.0  # seconds
CODE: Final = ("authorization_code",)
READS: Final = ["book://1", "books://secret-rules"] * 2


def typescript(*arguments: str) -> list[str]:
    install(HERE, INSTALLED / "npm", "the TypeScript SDKs")
    return [*node(str(shutil.copy(PROGRAMS / "typescript.mjs", INSTALLED / "npm"))), *arguments]


def command(name: str) -> list[str]:
    """The command of a client, without the endpoint."""
    if name == "Python 1":
        python = environment(HERE / "python_v1.txt", INSTALLED / "python-v1", "the Python SDK 1.x")
        return [python, str(PROGRAMS / "python_v1.py")]
    if name.startswith("Python 2"):
        return [sys.executable, str(PROGRAMS / "python_v2.py"), name.split()[-1]]
    if name == "TypeScript 1":
        return typescript("sdk", *CODE)
    return typescript("client", *CODE, "refresh_token")


@pytest.fixture(scope="module")
def issuer() -> Iterator[RunningIssuer]:
    with issuer_in_thread([READ, WRITE]) as running:
        yield running


@pytest.fixture(scope="module")
def endpoint(issuer: RunningIssuer) -> Iterator[str]:
    with serving(lambda port: general_app(**at(port, issuer.url))) as base_url:
        yield f"{base_url}/mcp"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with chromium(tmp_path / "profile") as tab:
        yield tab


async def allow(page: Page, url: str, scopes: list[str]) -> list[str]:
    """Open the consent page, tick these scopes and allow; returns the scopes that it offers."""
    await page.open(url)
    boxes = "[...document.querySelectorAll('input[name=scope]')]"
    offered: list[str] = await page.evaluate(f"{boxes}.map(box => box.value)")
    await page.evaluate(f"{boxes}.forEach(box => box.checked = {json.dumps(scopes)}.includes(box.value))")
    # Clicked after the answer to this command: the page that sends it is gone then..
    await page.evaluate("setTimeout(() => document.querySelector('button[value=allow]').click()) && true")
    return offered


@dataclass
class Run:
    """What a client did, and how it ended."""

    visits: list[list[str]] = field(default_factory=list[list[str]])
    """The scopes that each consent page offered."""
    reads: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    version: str = ""
    status: int | None = None
    errors: str = ""


async def run(page: Page, command: list[str], endpoint: str) -> Run:
    """Run a client to its end. The user first allows reading only, and everything on further visits."""
    done = Run()
    program, script, *more = command
    with TemporaryFile() as errors:
        found = {**os.environ, "PYTHONPATH": str(SHARED)}
        process = await asyncio.create_subprocess_exec(
            program, script, endpoint, *more, stdout=PIPE, stderr=errors, env=found
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE):
                async for line in process.stdout:
                    said = json.loads(line)
                    if "visit" in said:
                        allowed = [READ, WRITE] if done.visits else [READ]
                        done.visits.append(await allow(page, said["visit"], allowed))
                    elif "read" in said:
                        done.reads.append(said)
                    else:
                        done.version = said["end"]
        except BaseException:
            process.kill()
            raise
        finally:
            done.status = await process.wait()
            errors.seek(0)
            done.errors = errors.read().decode()
    return done


@contextmanager
def installed() -> Iterator[None]:
    try:
        yield
    except NotInstalled as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("name", ["Python 2 auto", "Python 2 legacy", "Python 1", "TypeScript 2", "TypeScript 1"])
async def test_one_more_visit_gives_the_missing_scope(page: Page, endpoint: str, name: str) -> None:
    """The user first allows reading only. The token after the step-up has both scopes, so no further visit follows."""
    with installed():
        arguments = command(name)
    done = await run(page, arguments, endpoint)
    assert done.status == 0, done.errors
    print(f"{name}: version {done.version}, {len(done.visits)} visits")
    assert [read["read"] for read in done.reads] == READS
    assert [read["visits"] for read in done.reads] == [1, 2, 2, 2]
    assert all({READ, WRITE} <= set(offered) for offered in done.visits)


async def test_typescript_1_cannot_step_up_with_a_refresh_token(page: Page, endpoint: str) -> None:
    """It refreshes instead of asking the user, and a refreshed token has the same scopes. No server can mend that."""
    with installed():
        arguments = typescript("sdk", *CODE, "refresh_token")
    done = await run(page, arguments, endpoint)
    assert [read["read"] for read in done.reads] == READS[:1]
    assert "Server returned 403 after trying upscoping" in done.errors
