"""What the start of each server costs, and its memory before the first call. Linux only: reads /proc."""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devkit.loopback.health_check import answers_ok
from devkit.loopback.ports import free_port
from devkit.settings import WORKSPACE
from devkit.simulators.registry import find_simulator
from devkit.stores.databases import bootstrap
from devkit.stores.testing import password_of, postgres_for_tests, valkey_for_tests
from devkit.workspace.services import ServiceDescription, discover

from .report import Report, Table

_UNUSED: Final = "http://127.0.0.1:9"  # neither the issuer nor an upstream is called before the first call
_START_SECONDS: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_IMPORT: Final = "import importlib, sys, time; importlib.import_module(sys.argv[1]); print(time.process_time())"


@dataclass(frozen=True, slots=True)
class Startup:
    """The start of one server.

    Attributes:
        import_seconds: CPU seconds from the start of Python until every module is imported; the median of three.
        ready_seconds: CPU seconds until `/ready` answers 200.
        rss_mib: resident memory then, in MiB.
    """

    service: str
    import_seconds: float
    ready_seconds: float
    rss_mib: float


def measure() -> list[Startup]:
    """Start each service of the workspace on real stores, one after the other. Takes about a minute."""
    with postgres_for_tests() as postgres, valkey_for_tests() as valkey_url, tempfile.TemporaryDirectory() as folder:
        return [_measured(service, postgres.admin_url, valkey_url, Path(folder)) for service in discover(WORKSPACE)]


def _measured(service: ServiceDescription, admin_url: str, valkey_url: str, folder: Path) -> Startup:
    port = free_port()
    environment = _environment(service, port, admin_url, valkey_url, folder)
    if service.database:
        subprocess.run([service.program(WORKSPACE), "migrate"], env=environment, check=True, capture_output=True)
    with _serving(service, environment) as process:
        deadline = time.monotonic() + _START_SECONDS
        while not asyncio.run(answers_ok(port, "/ready")):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{service.name} is not ready after {_START_SECONDS:.0f} s.")
            time.sleep(0.05)
        return Startup(service.name, _import_seconds(service), _cpu_seconds(process.pid), _rss_mib(process.pid))


def _environment(
    service: ServiceDescription, port: int, admin_url: str, valkey_url: str, folder: Path
) -> dict[str, str]:
    """The environment of `migrate` and `serve`, as in production: with a store, traces and metrics."""
    values = {
        "PORT": str(port),
        "METRICS_PORT": str(free_port()),
        "PUBLIC_URL": f"http://127.0.0.1:{port}/mcp",
        "ISSUER": _UNUSED,
        "OTLP_ENDPOINT": _UNUSED,
        "STATE_KEYS": "measured-measured-measured-measured",
        "REDIS_URL": valkey_url,
    }
    if service.simulator is not None:
        values |= find_simulator(service.simulator).environment(_UNUSED)
    if service.database:
        urls = asyncio.run(
            bootstrap(admin_url, service.name, database=f"start_{service.name}", password_of=password_of)
        )
        values |= {"OWNER_URL": urls.owner, "WRITER_URL": urls.writer, "READER_URL": urls.reader}
    else:
        values |= {"AUDIT_FILE": str(folder / f"{service.name}.jsonl")}
    return {**os.environ, **{f"{service.prefix}{name}": value for name, value in values.items()}}


@contextmanager
def _serving(service: ServiceDescription, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(service.program(WORKSPACE)), "serve"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # without the notice period that proxies get
        process.wait(_START_SECONDS)


def _import_seconds(service: ServiceDescription) -> float:
    command = [sys.executable, "-c", _IMPORT, f"{service.name}_mcp.__main__"]
    return statistics.median(float(subprocess.check_output(command)) for _ in range(3))


def _cpu_seconds(process_id: int) -> float:
    """User and system time, fields 14 and 15 of proc_pid_stat(5)."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _rss_mib(process_id: int) -> float:
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure_start(report: Report) -> None:
    """The cost of a start and the memory of an idle server, for each service."""
    rows = [
        [row.service, f"{row.import_seconds:.2f}", f"{row.ready_seconds:.2f}", f"{row.rss_mib:.0f}"]
        for row in measure()
    ]
    notes = ("CPU seconds until every module is imported, and until `/ready` answers; resident memory before a call.",)
    report.add(Table("Start of each server", notes, ["server", "import, CPU s", "ready, CPU s", "memory MiB"], rows))
