"""A real headless Chromium, driven over the DevTools protocol: enough of it to use a page and to take its picture.

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
PATIENCE = 30.0


def find_chromium() -> str | None:
    """The program named by CHROMIUM, else the first on PATH."""
    return next(filter(None, map(shutil.which, filter(None, (os.environ.get("CHROMIUM"), *NAMES)))), None)


class Page:
    """One tab. Every exception and every console error of it is kept in `complaints`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())
        self._count = 0
        self.session = ""
        self.complaints: list[str] = []

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Run one command of the protocol."""
        self._count += 1
        answer = self._waiting[self._count] = asyncio.get_running_loop().create_future()
        command = {"id": self._count, "method": method, "params": parameters}
        await self._connection.send(json.dumps(command | ({"sessionId": self.session} if self.session else {})))
        return await asyncio.wait_for(answer, PATIENCE)

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        answer = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def wait_for(self, expression: str) -> Any:
        """The value of a JavaScript expression once it is true; looked at many times a second."""
        look = f"const look = () => {{ try {{ return {expression} }} catch {{ return false }} }}"
        again = "const again = () => { const value = look(); if (value) done(value); else setTimeout(again, 30) }"
        promise = f"new Promise((done) => {{ {look}; {again}; again() }})"
        try:
            return await self.evaluate(promise)
        except TimeoutError:
            text = await self.evaluate("document.body.innerText")
            raise AssertionError(f"never true: {expression}\n{self.complaints}\n{text}") from None

    async def open(self, url: str) -> None:
        """Go to `url`, and wait until it is loaded."""
        await self.send("Page.navigate", url=url)
        await self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def shape(self, width: int, height: int, *, dark: bool) -> None:
        """The size of the window, and whether the person likes it dark."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self) -> bytes:
        """A PNG of what is to be seen."""
        answer = await self.send("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    async def _read(self) -> None:
        async for message in self._connection:
            told = json.loads(message)
            if "id" in told:
                answer = self._waiting.pop(told["id"])
                if "error" in told:
                    answer.set_exception(AssertionError(str(told["error"])))
                elif not answer.done():
                    answer.set_result(told["result"])
            elif told["method"] == "Runtime.exceptionThrown":
                self.complaints.append(str(told["params"]["exceptionDetails"]))
            elif told["method"] == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
                self.complaints.append(told["params"]["entry"]["text"])

    async def close(self) -> None:
        """Let go of the tab."""
        self._reader.cancel()
        await asyncio.wait([self._reader])


@asynccontextmanager
async def chromium(program: str, profile: Path) -> AsyncIterator[Page]:
    """A browser with nothing in its profile and one empty tab, gone at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        program, *FLAGS, f"--user-data-dir={profile}", "about:blank", stderr=asyncio.subprocess.PIPE
    )
    try:
        address = await asyncio.wait_for(_address(process), PATIENCE)
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
    said = ""
    async for line in process.stderr:
        said += line.decode(errors="replace")
        if found := re.search(r"DevTools listening on (\S+)", said):
            return found[1]
    raise AssertionError(f"Chromium ended:\n{said}")
