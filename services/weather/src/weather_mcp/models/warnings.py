"""Official warnings of weather services, in the terms of the Common Alerting Protocol (OASIS CAP 1.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated, Final, Literal

from servicekit.schema import Missing, OneLine, Record, Untrusted

Service = Literal["nws", "meteoalarm"]
Severity = Literal["extreme", "severe", "moderate", "minor", "unknown"]
Certainty = Literal["observed", "likely", "possible", "unlikely", "unknown"]
Urgency = Literal["immediate", "expected", "future", "past", "unknown"]

SEVERITIES: Final[tuple[Severity, ...]] = ("extreme", "severe", "moderate", "minor", "unknown")
PART: Final = "official warnings"
"""What is missing where they could not be read."""


class OfficialWarning(Record):
    """A warning of a weather service. Where `located` is false, it has no outline: only its area's name fits the place.

    `ends` is when the danger ends, `expires` when the text does.
    """

    official: Literal[True] = True
    source: str
    sender: Annotated[str, OneLine()] | None = None
    event: Annotated[str, OneLine()]
    severity: Severity
    certainty: Certainty
    urgency: Urgency
    area: Annotated[str, OneLine()] | None = None
    located: bool
    onset: datetime | None = None
    ends: datetime | None = None
    expires: datetime | None = None
    headline: Annotated[str, Untrusted("upstream")] | None = None

    def in_zone(self, zone: tzinfo | None) -> "OfficialWarning":
        """The same with times of another zone."""
        moments = {name: getattr(self, name) for name in ("onset", "ends", "expires")}
        return self.model_copy(update={name: one.astimezone(zone) for name, one in moments.items() if one is not None})


@dataclass(frozen=True, slots=True)
class WarningsThere:
    """The official warnings of a place.

    Attributes:
        warnings: None if the server reads none.
        missing: what could not be read or placed.
    """

    warnings: list[OfficialWarning] | None
    missing: Sequence[Missing] = ()


def in_order(warnings: Sequence[OfficialWarning]) -> list[OfficialWarning]:
    """Located ones first, then the most severe, then the earliest."""
    return sorted(warnings, key=lambda one: (not one.located, SEVERITIES.index(one.severity), str(one.onset or "")))


def not_known(reason: str) -> Missing:
    """Official warnings that could not be read."""
    return Missing(part=PART, reason=reason)
