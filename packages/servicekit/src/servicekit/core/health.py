"""Health: `/live` touches nothing, `/ready` asks what the server cannot work without, `/health` shows each of those."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final, Protocol

from servicekit.telemetry.instruments import components_up

_PATIENCE: Final = 1.0  # seconds that one component may take to answer
_REMEMBERED: Final = 1.0  # seconds; a crowd of probes makes one check


class Component(Protocol):
    """Something a server depends on, started and stopped with it.

    One that sets `essential` to False is shown on the health page, and its absence does not make the server unready.
    """

    @property
    def name(self) -> str:
        """The word for it on the health page."""
        ...

    async def start(self) -> None:
        """Prepare, without waiting for what is away."""
        ...

    async def stop(self) -> None:
        """Let go of everything."""
        ...

    async def check(self) -> None:
        """Return when it works; raise when it does not."""
        ...


class Health:
    """The state of the components of one server."""

    def __init__(self, components: Sequence[Component]) -> None:
        self._components = components
        self._report: dict[str, Any] = {}
        self._checked_at = float("-inf")
        self._lock = asyncio.Lock()
        self.shutting_down = False
        """Set when the server is about to stop: it is then alive, and not ready."""

    async def report(self) -> dict[str, Any]:
        """``{"status": "ok" | "unavailable" | "draining", "components": {name: {"status", "latency_ms"}}}``."""
        async with self._lock:
            if time.monotonic() - self._checked_at > _REMEMBERED:
                checks = await asyncio.gather(*(_check(component) for component in self._components))
                self._report = {
                    component.name: check for component, check in zip(self._components, checks, strict=True)
                }
                self._checked_at = time.monotonic()
        working = all(
            self._report[component.name]["status"] == "ok"
            for component in self._components
            if getattr(component, "essential", True)
        )
        status = "draining" if self.shutting_down else "ok" if working else "unavailable"
        return {"status": status, "components": self._report}


async def _check(component: Component) -> dict[str, Any]:
    found = await _ask(component)
    components_up.set(int(found["status"] == "ok"), {"component": component.name})
    return found


async def _ask(component: Component) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(_PATIENCE):
            await component.check()
    except Exception:  # whatever is wrong with it, the page says only that it does not work
        return {"status": "unavailable"}
    return {"status": "ok", "latency_ms": round((time.perf_counter() - started) * 1000, 2)}
