"""nginx and Caddy, the real programs, with the configurations of this repository, before two replicas."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from devkit.issuer.testing import RunningIssuer
from devkit.settings import WORKSPACE
from tests.system.e2e.victim import Victim, steady_port

from .waiting_app import READ, serve_waiting

UNPACKED = WORKSPACE / ".tools" / "proxies" / "usr"
CONFIGURATIONS = {
    "nginx": WORKSPACE / "shared" / "nginx" / "replicas.conf",
    "caddy": WORKSPACE / "shared" / "caddy" / "replicas.Caddyfile",
}
COMMANDS = {
    "nginx": ["-e", "stderr", "-c"],
    "caddy": ["run", "--adapter", "caddyfile", "--config"],
}
PATIENCE = 60.0  # seconds; a busy machine is no defect


@dataclass
class Proxied:
    """Two replicas behind a proxy."""

    base_url: str
    replicas: dict[int, Victim]
    token: str
    received: Path

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """The official client, over the proxy."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=PATIENCE, trust_env=False) as http,
            Client(streamable_http_client(f"{self.base_url}/mcp", http_client=http)) as client,
        ):
            yield client

    def lines(self) -> list[dict[str, Any]]:
        """The logs of both replicas."""
        files = [self.received.with_suffix(f".{port}.log") for port in self.replicas]
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def program(name: str) -> str:
    """The path of a proxy's program. Without it, the test is skipped."""
    found = shutil.which(name) or shutil.which(UNPACKED / "sbin" / name) or shutil.which(UNPACKED / "bin" / name)
    if found is None:
        pytest.skip(f"{name} is missing: `.ci/tools` unpacks it on Debian and Ubuntu")
    return found


@pytest.fixture(params=CONFIGURATIONS)
def proxied(request: pytest.FixtureRequest, issuer: RunningIssuer, tmp_path: Path) -> Iterator[Proxied]:
    name = request.param
    executable = program(name)
    front, *ports = steady_port(), steady_port(), steady_port()
    text = CONFIGURATIONS[name].read_text()
    for old, new in zip((8160, 8161, 8162), (front, *ports), strict=True):
        text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
    text = re.sub(r"(?<= )/tmp/", f"{tmp_path}/", text)
    configuration = tmp_path / CONFIGURATIONS[name].name
    configuration.write_text(text)
    base_url = f"http://127.0.0.1:{front}"
    common = {"public_url": f"{base_url}/mcp", "issuer": issuer.url, "proxy_addresses": "127.0.0.1"}
    received = tmp_path / "received"
    replicas = {port: Victim(port, serve_waiting, {**common, "port": port}, received) for port in ports}
    try:
        for replica in replicas.values():
            replica.start()
        command = [executable, *COMMANDS[name], str(configuration)]
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin"}
        with (
            (tmp_path / "proxy.log").open("wb") as log,
            subprocess.Popen(command, stderr=log, env=environment) as proxy,
        ):
            try:
                until_ready(base_url, proxy, tmp_path / "proxy.log")
                token = issuer.mint(f"{base_url}/mcp", scopes=[READ], tenant="acme", subject="ann")
                yield Proxied(base_url, replicas, token, received)
            finally:
                proxy.terminate()
    finally:
        for replica in replicas.values():
            replica.kill()


def until_ready(base_url: str, proxy: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return when a replica answers over the proxy."""
    with httpx2.Client(trust_env=False) as http:
        for _ in range(int(PATIENCE / 0.05)):
            assert proxy.poll() is None, log.read_text()
            try:
                if http.get(f"{base_url}/ready").status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            with pytest.raises(subprocess.TimeoutExpired):
                proxy.wait(0.05)
    raise AssertionError(log.read_text())


async def test_progress_arrives_while_the_call_runs(proxied: Proxied) -> None:
    heard = []

    async def hear(done: float, total: float | None, message: str | None) -> None:
        heard.append((done, total, message))
        proxied.received.touch()

    async with asyncio.timeout(PATIENCE), proxied.client() as client:
        result = await client.call_tool("wait_for_client", {}, progress_callback=hear)
    assert "The client received it." in str(result.content)
    assert heard == [(1, 2, "The first half is done.")]


@pytest.mark.parametrize("proxied", ["nginx"], indirect=True)
async def test_calls_go_on_when_a_replica_dies(proxied: Proxied) -> None:
    async def answered(client: Client) -> str:
        return str((await client.call_tool("name_replica", {})).content)

    dead, alive = proxied.replicas
    async with asyncio.timeout(PATIENCE), proxied.client() as client:
        texts = {await answered(client) for _ in range(10)}
        assert {str(port) for port in (dead, alive) if any(str(port) in text for text in texts)} == {
            str(dead),
            str(alive),
        }
        await asyncio.to_thread(proxied.replicas[dead].kill)
        for _ in range(10):
            assert str(alive) in await answered(client)


async def test_the_log_has_the_client_s_address(proxied: Proxied) -> None:
    elsewhere = httpx2.AsyncHTTPTransport(local_address="127.0.0.2")  # not the address that proxies have
    async with httpx2.AsyncClient(transport=elsewhere, timeout=PATIENCE) as http:
        forged = {"Authorization": "Bearer wrong", "X-Forwarded-For": "203.0.113.9"}
        response = await http.post(f"{proxied.base_url}/mcp", json={}, headers=forged)
    assert response.status_code == 401
    (line,) = (line for line in proxied.lines() if line["event"] == "credential rejected")
    assert line["address"] == "127.0.0.2"
