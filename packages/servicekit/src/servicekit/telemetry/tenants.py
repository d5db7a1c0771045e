"""Calls of single tenants, for the tenants that an operator names.

A tenant's name comes from a credential, so an issuer with many tenants would add as many series. Only the names of
METRICS_TENANTS become a label; every other caller counts as `_OTHER`. Without names, nothing is counted.
"""

from collections.abc import Iterable
from typing import Final

from opentelemetry.metrics import Observation

from servicekit.telemetry.tallies import DurationHistogram, Series

OTHER: Final = "_OTHER"
MOST: Final = 50
"""Names. Each has a histogram (20 series) and a series for each outcome: about 1 500 in all."""
_FAILURES: Final = ("crash", "unavailable", "deadline")


class TenantCalls:
    """Counts the calls of the tenants of one process.

    Args:
        durations: the histogram of their durations, with the attribute `tenant`.
    """

    def __init__(self, durations: DurationHistogram) -> None:
        self._durations = durations
        self._series: dict[str, Series] = {}
        self._counts: dict[tuple[str, str | None], int] = {}

    def watch(self, names: Iterable[str]) -> None:
        """Count the calls of these tenants, each from zero; of no tenant where there is no name."""
        found = list(names)
        labels = [*found, OTHER] if found else []
        self._series = {label: self._durations.series({"tenant": label}) for label in labels}
        self._counts = {(label, outcome): 0 for label in labels for outcome in (None, *_FAILURES)}

    def record(self, tenant: str | None, failure: str | None, seconds: float) -> None:
        """Count one call, whose failure is an outcome, or None."""
        if not self._series:
            return
        label = tenant if tenant in self._series else OTHER
        self._series[label].record(seconds)
        key = label, failure
        self._counts[key] = self._counts.get(key, 0) + 1

    def observe(self) -> Iterable[Observation]:
        for (tenant, failure), count in list(self._counts.items()):
            yield Observation(count, {"tenant": tenant, **({"error.type": failure} if failure is not None else {})})
