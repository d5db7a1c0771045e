"""Health of a server's components: `/ready` needs every essential one, `/health` shows all, `/live` checks none."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final, Protocol

from servicekit.telemetry.instruments import components_up

_CHECK_TIMEOUT: Final = 1.0  # seconds
_REPORT_LIFETIME: Final = 1.0  # seconds; concurrent probes share one check


class Component(Protocol):
    """A dependency of a server, started and stopped with it.

    The server is not ready while a component fails its check, unless the component sets `essential` to False.
    """

    @property
    def name(self) -> str:
        """The name on the health page."""
        ...

    async def start(self) -> None:
        """Prepare. An unavailable dependency must not block or fail the start."""
        ...

    async def stop(self) -> None:
        """Release every resource."""
        ...

    async def check(self) -> None:
        """Raise if the component does not work."""
        ...


class Health:
    """The state of the components of one server."""

    def __init__(self, components: Sequence[Component]) -> None:
        self._components = components
        self._report: dict[str, Any] = {}
        self._checked_at = float("-inf")
        self._lock = asyncio.Lock()
        self.shutting_down = False
        """Makes the server not ready while it stays alive."""

    async def report(self) -> dict[str, Any]:
        """``{"status": "ok" | "unavailable" | "draining", "components": {name: {"status", "latency_ms"}}}``."""
        async with self._lock:
            if time.monotonic() - self._checked_at > _REPORT_LIFETIME:
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
    result = await _run_check(component)
    components_up.set(int(result["status"] == "ok"), {"component": component.name})
    return result


async def _run_check(component: Component) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT):
            await component.check()
    except Exception:  # the public page gives no reason
        return {"status": "unavailable"}
    result = {"status": "ok", "latency_ms": round((time.perf_counter() - started) * 1000, 2)}
    warning = getattr(component, "warning", None)
    return result if warning is None else {**result, "warning": warning}
