"""Days and times of a ticket search, in a time zone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from servicekit.core import Refused
from servicekit.schema import TimeZone, time_zone
from ticketing_mcp.models.identifiers import Moment
from ticketing_mcp.models.moments import end_of, first_moment
from ticketing_mcp.ports.search import TicketFilter, TimeRange
from ticketing_mcp.ports.time_zone import TenantTimeZone


@dataclass(frozen=True, slots=True)
class Times:
    """Reads days and times of one call."""

    zone: ZoneInfo
    now: datetime

    def limited(
        self,
        filters: TicketFilter,
        given: Mapping[str, tuple[Moment | None, Moment | None]],
        due_before: Moment | None,
    ) -> TicketFilter:
        """`filters` with the ranges that `given` names by their first and last moment, both included.

        Raises:
            Refused: there is no such day or time.
        """
        ranges = {
            name: TimeRange(
                None if first is None else self._read(first_moment, first, f"{name}_from"),
                None if last is None else self._read(end_of, last, f"{name}_to"),
            )
            for name, (first, last) in given.items()
            if first is not None or last is not None
        }
        return replace(
            filters,
            created=ranges.get("created"),
            updated=ranges.get("updated"),
            closed=ranges.get("closed"),
            due_before=None if due_before is None else self._read(_first_ahead, due_before, "due_before"),
        )

    def understood(self, filters: TicketFilter) -> str:
        """The ranges in words, in the time zone of the call."""
        parts = []
        for name, limits in filters.ranges.items():
            first = f" from {self._shown(limits.first)}" if limits.first is not None else ""
            end = f" before {self._shown(limits.end)}" if limits.end is not None else ""
            parts.append(f"{name.removesuffix('_at')}{first}{end}")
        if filters.due_before is not None:
            parts.append(f"due before {self._shown(filters.due_before)}")
        return f"{', '.join(parts)} ({self.zone.key})" if parts else ""

    def _read(self, read: Callable[[str, ZoneInfo, datetime], datetime], text: str, argument: str) -> datetime:
        try:
            return read(text, self.zone, self.now)
        except (ValueError, OverflowError):
            raise Refused(f"{argument} is no day or time of the calendar. Send one such as 2026-11-01.") from None

    def _shown(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat(" ", "minutes")[:16]


def _first_ahead(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    return first_moment(text, zone, now, ahead=1)


async def time_zone_of(desk: TenantTimeZone, given: TimeZone | None) -> ZoneInfo:
    """The time zone of a call: the given one, else the tenant's.

    Raises:
        Refused: the time zone is unknown.
    """
    return ZoneInfo(await desk.time_zone()) if given is None else time_zone(given)
