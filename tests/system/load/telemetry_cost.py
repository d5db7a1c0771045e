"""What telemetry adds to a call: `python -m tests.system.load.telemetry_cost`.

Calls go through the pipeline behind the rate limit, without a transport, with two SQL spans each; every way is a
process of its own. Microseconds of this thread's processor time per call, and of wall time: the medians of many rows.
"""

import asyncio
import logging
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

from servicekit.access.rate_limit import RateLimitDecision
from servicekit.core.identity import ServerIdentity
from servicekit.pipeline.call import call
from servicekit.pipeline.request import RequestInfo
from servicekit.registry.tools import read
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.setup import Telemetry
from servicekit.telemetry.spans import statement_span
from servicekit.testing.service import caller
from tests.deploy.telemetry.collector import collecting

WAYS = ("none", "unsampled", "sampled", "hung")
WARM, CALLS, IN_A_ROW = 500, 5000, 50
ADMITTED = RateLimitDecision(None, 0.0, over_limit=False, limit=1, remaining=1, reset=1.0)
PARENT = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


async def look() -> str:
    """Look something up."""
    for query in ("SELECT name FROM things WHERE id = $1", "SELECT size FROM things WHERE id = $1"):
        with statement_span(query, {"db.system.name": "postgresql", "db.namespace": "things"}):
            await asyncio.sleep(0)
    return "found"


async def measure(service: Service) -> None:
    """Print what a call takes."""
    tool, who = service.registry.tools["look"], caller("things:read")

    request = RequestInfo("r", trace_context=PARENT, admission=ADMITTED)

    async def some(count: int) -> tuple[float, float]:
        wall, used = time.perf_counter(), time.thread_time()
        for _ in range(count):
            await call(service.pipeline, tool, {}, who, request)
        return (time.thread_time() - used) / count, (time.perf_counter() - wall) / count

    async with service.running():
        await some(WARM)
        rows = []
        for _ in range(CALLS // IN_A_ROW):
            rows.append(await some(IN_A_ROW))
            await asyncio.sleep(0.005)  # as between the calls of clients: the exporter gets its turn
    used, wall = (statistics.median(column) * 1e6 for column in zip(*rows, strict=True))
    print(f"{used:8.0f} us cpu {wall:8.0f} us wall")


def run(way: str) -> None:
    """One way, in this process."""
    logging.getLogger().setLevel("ERROR")
    with ExitStack() as stack:
        endpoint = None
        if way in ("sampled", "hung"):
            collector = stack.enter_context(collecting())
            collector.mood = "hung" if way == "hung" else "taking"
            endpoint = collector.url
        settings = ServiceSettings(
            public_url="http://127.0.0.1:8000/mcp",
            issuer="http://127.0.0.1:1/",
            limit_server=10**9,
            limit_caller=10**9,
            limit_tool=10**9,
            otlp_endpoint=endpoint,
            trace_sample_ratio=0.0 if way == "unsampled" else 1.0,
        )
        tools = [read(look, scope="things:read")]
        service = Service(
            settings=settings,
            identity=ServerIdentity(name="cost", title="Cost", version="1", instructions=""),
            tools=tools,
        )
        if way != "none":
            Telemetry("cost", "1", settings)
        asyncio.run(measure(service))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(sys.argv[1])
    else:
        for way in WAYS:
            command = [sys.executable, "-m", "tests.system.load.telemetry_cost", way]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            print(f"{way:<10}{done.stdout}", end="")
