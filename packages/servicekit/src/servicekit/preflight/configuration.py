"""Checks that the settings fit each other and suffice for replicas."""

from collections.abc import Callable
from typing import TypeVar

from servicekit.auth.authenticator import Authenticator
from servicekit.preflight.finding import Area
from servicekit.preflight.variables import variable
from servicekit.server.service import Service
from servicekit.settings.errors import InvalidContent
from servicekit.settings.service import ServiceSettings

Settings = TypeVar("Settings", bound=ServiceSettings)


class ConfigurationChecks:
    """Whether a server can be composed from its settings, and whether several replicas of it can serve together.

    Args:
        build: the service's composition root.
        pods: the number of replicas; None where it is not known.

    Attributes:
        service: the composed server, which is not started; None where it cannot be composed.
    """

    def __init__(self, settings: Settings, build: Callable[[Settings], Service], pods: int | None) -> None:
        self._settings = settings
        self._build: Callable[[], Service] = lambda: build(settings)
        self.service: Service | None = None
        self._has_replicas = pods is None or pods > 1

    async def check(self, area: Area) -> None:
        self._composition(area)
        self._keys(area)

    def _composition(self, area: Area) -> None:
        try:
            self.service = self._build()
            Authenticator.from_settings(self._settings)
        except InvalidContent:
            area.unknown("composition", "Not tried, since a file cannot be used.", "See files.")
        except ValueError as problem:
            area.fail("composition", f"The server cannot start: {problem}.", "Correct the settings.")
        else:
            area.ok("composition", "The settings can be used together.")

    def _keys(self, area: Area) -> None:
        settings = self._settings
        if settings.state_keys:
            area.ok("state_keys", f"{len(settings.state_keys)} set.")
        elif self._has_replicas:
            area.warn(
                "state_keys",
                f"{variable(settings, 'state_keys')} is not set, so a confirmation or cursor is valid on one replica "
                "only, and until its restart.",
                "Set the same keys on every replica.",
            )
        if settings.audit_anchor_keys:
            area.ok("anchor_keys", f"{len(settings.audit_anchor_keys)} set.")
        else:
            area.warn(
                "anchor_keys",
                f"{variable(settings, 'audit_anchor_keys')} is not set, so entries cut off the end of the audit trail "
                "are not found.",
                "Set the same keys on every replica.",
            )
