"""Drives headless Chromium over the DevTools protocol: enough to use a page and to take screenshots.
https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import base64
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-port=0",
)
TIMEOUT = 30.0
LEFT = ("Inspected target navigated", "Cannot find context", "Execution context was destroyed")


class PageLeft(AssertionError):
    """The tab went to another page while an expression was evaluated."""


def find_chromium() -> str | None:
    """The program named by CHROMIUM, else the first on PATH."""
    return next(filter(None, map(shutil.which, filter(None, (os.environ.get("CHROMIUM"), *NAMES)))), None)


class Page:
    """A tab. `errors` holds its exceptions and console errors."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())
        self._count = 0
        self.session = ""
        self.errors: list[str] = []

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Run a command of the protocol."""
        self._count += 1
        answer = self._waiting[self._count] = asyncio.get_running_loop().create_future()
        command = {"id": self._count, "method": method, "params": parameters}
        await self._connection.send(json.dumps(command | ({"sessionId": self.session} if self.session else {})))
        return await asyncio.wait_for(answer, TIMEOUT)

    async def evaluate(self, expression: str) -> Any:
        """Evaluate a JavaScript expression and await its value."""
        answer = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def wait_for(self, expression: str) -> Any:
        """Wait until a JavaScript expression is true; returns its value."""
        look = f"const look = () => {{ try {{ return {expression} }} catch {{ return false }} }}"
        again = "const again = () => { const value = look(); if (value) done(value); else setTimeout(again, 30) }"
        promise = f"new Promise((done) => {{ {look}; {again}; again() }})"
        try:
            async with asyncio.timeout(TIMEOUT):
                while True:
                    with suppress(PageLeft):  # for another one, on which it may become true
                        return await self.evaluate(promise)
        except TimeoutError:
            text = await self.evaluate("document.body.innerText")
            raise AssertionError(f"never true: {expression}\n{self.errors}\n{text}") from None

    async def open(self, url: str) -> None:
        """Open `url` and wait until it is loaded."""
        await self.send("Page.navigate", url=url)
        await self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def shape(self, width: int, height: int, *, dark: bool) -> None:
        """Set the size of the window and the colour scheme."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self) -> bytes:
        """A screenshot as PNG."""
        answer = await self.send("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    async def _read(self) -> None:
        async for message in self._connection:
            event = json.loads(message)
            if "id" in event:
                answer = self._waiting.pop(event["id"])
                if "error" in event:
                    left = event["error"]["message"].startswith(LEFT)
                    answer.set_exception((PageLeft if left else AssertionError)(str(event["error"])))
                elif not answer.done():
                    answer.set_result(event["result"])
            elif event["method"] == "Runtime.exceptionThrown":
                self.errors.append(str(event["params"]["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                self.errors.append(event["params"]["entry"]["text"])

    async def close(self) -> None:
        """Stop reading from the tab."""
        self._reader.cancel()
        await asyncio.wait([self._reader])


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Page]:
    """A browser with an empty profile and one tab, for the length of the block; skips the test where there is none."""
    program = find_chromium()
    if program is None:
        pytest.skip("Chromium is missing: `.ci/tools` installs it on Debian and Ubuntu; elsewhere name it in CHROMIUM")
    process = await asyncio.create_subprocess_exec(
        program, *FLAGS, f"--user-data-dir={profile}", "about:blank", stderr=asyncio.subprocess.PIPE
    )
    try:
        address = await asyncio.wait_for(_address(process), TIMEOUT)
        async with connect(address, max_size=None, proxy=None) as connection:
            page = Page(connection)
            targets = (await page.send("Target.getTargets"))["targetInfos"]
            tab = next(target["targetId"] for target in targets if target["type"] == "page")
            page.session = (await page.send("Target.attachToTarget", targetId=tab, flatten=True))["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                await page.send(f"{domain}.enable")
            try:
                yield page
            finally:
                await page.close()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    output = ""
    async for line in process.stderr:
        output += line.decode(errors="replace")
        if found := re.search(r"DevTools listening on (\S+)", output):
            return found[1]
    raise AssertionError(f"Chromium ended:\n{output}")
