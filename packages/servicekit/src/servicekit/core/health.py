"""Health of a server: which calls can succeed, by what the components that they need answer.

`/ready` fails only when no call can succeed: a server whose writes fail still serves reads. `/health` shows every
component, `/live` checks none.
"""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol

from servicekit.telemetry.instruments import components_up

CallKind = Literal["reads", "writes"]
SERVING: Final = frozenset({"ok", "degraded"})
"""The states in which some calls succeed."""
EVERY_CALL: Final[tuple[CallKind, ...]] = ("reads", "writes")

_CHECK_TIMEOUT: Final = 1.0  # seconds
_REPORT_LIFETIME: Final = 1.0  # seconds; concurrent probes share one check


class Component(Protocol):
    """A dependency of a server, started and stopped with it.

    It may have further attributes. `needed_for`: the kinds of calls that fail while its check fails; every call where
    it is absent. `warning`: what an operator should know. `parts`: the state of each of its parts at the last check,
    `ok` or `unavailable`.
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
        """Do what calls do with the component. Raise if it does not work."""
        ...


class Health:
    """The state of the components of one server.

    Args:
        kinds: the kinds of calls that the server serves at all.
        versions: the versions of the server and its kit, by name.
    """

    def __init__(
        self,
        components: Sequence[Component],
        kinds: Collection[CallKind] = EVERY_CALL,
        versions: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._components = components
        self._versions = dict(versions)
        self._kinds = kinds
        self._report: dict[str, Any] = {}
        self._checked_at = float("-inf")
        self._lock = asyncio.Lock()
        self.shutting_down = False
        """Makes the server not ready while it stays alive."""

    async def report(self) -> dict[str, Any]:
        """The page `/health`, with the keys `status`, `versions`, `calls` and `components`.

        ``{"calls": {kind: status}, "components": {name: {"status", "latency_ms"}}, "versions": {name: version}}``.

        The status is `ok`, `degraded` (some kind of call fails), `unavailable` (all do) or `draining`.
        """
        async with self._lock:
            if time.monotonic() - self._checked_at > _REPORT_LIFETIME:
                checks = await asyncio.gather(*(_check(component) for component in self._components))
                self._report = {
                    component.name: check for component, check in zip(self._components, checks, strict=True)
                }
                self._checked_at = time.monotonic()
        calls = {kind: "ok" if self._works(kind) else "unavailable" for kind in self._kinds}
        return {
            "status": self._status(set(calls.values())),
            "versions": self._versions,
            "calls": calls,
            "components": self._report,
        }

    def _works(self, kind: CallKind) -> bool:
        return all(
            self._report[component.name]["status"] == "ok"
            for component in self._components
            if kind in getattr(component, "needed_for", EVERY_CALL)
        )

    def _status(self, states: Collection[str]) -> str:
        if self.shutting_down:
            return "draining"
        if "ok" not in states:
            return "unavailable"
        return "degraded" if "unavailable" in states else "ok"


async def _check(component: Component) -> dict[str, Any]:
    result = await _run_check(component)
    states = {component.name: result["status"]}
    parts: Mapping[str, str] = getattr(component, "parts", {})
    if parts:
        result["parts"] = dict(parts)
        states |= {f"{component.name}.{part}": state for part, state in parts.items()}
    for name, state in states.items():
        components_up.set(int(state == "ok"), {"component": name})
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
