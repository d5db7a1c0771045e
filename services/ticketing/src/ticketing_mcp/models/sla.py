"""Service levels: targets for first reply and resolution, in business time without holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Protocol

from pydantic import Field

from servicekit.schema import Record
from ticketing_mcp.models.business_hours import BusinessHours, Span
from ticketing_mcp.models.tickets import Hold, Priority, Status

ClockState = Literal["running", "paused", "met", "breached", "unanswered", "merged"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class OpenHours(Record):
    """Open hours of one weekday in local time; 24:00 is the end of the day."""

    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    opens: Annotated[str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$")]
    closes: Annotated[str, Field(pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


class Target(Record):
    """Targets of one priority, in business minutes."""

    priority: Priority
    first_reply_minutes: int
    resolution_minutes: int


class SlaPolicy(Record):
    """A service level: open hours and targets by priority. Clocks stop while a ticket is on hold."""

    id: str
    name: str
    time_zone: str
    hours: list[OpenHours]
    holidays: list[date]
    targets: list[Target]

    def business_hours(self) -> BusinessHours:
        weekly: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
        for one in self.hours:
            weekly[WEEKDAYS.index(one.weekday)].append((_minute_of_day(one.opens), _minute_of_day(one.closes)))
        return BusinessHours(self.time_zone, tuple(tuple(sorted(day)) for day in weekly), frozenset(self.holidays))

    def find_target(self, priority: Priority) -> Target | None:
        return next((target for target in self.targets if target.priority == priority), None)

    def target(self, priority: Priority) -> Target:
        """The target of a priority.

        Raises:
            LookupError: the service level has none for it.
        """
        target = self.find_target(priority)
        if target is None:
            raise LookupError(f"service level {self.id} has no target for priority {priority}")
        return target


class ListedTarget(Record):
    """Targets of one priority, in minutes; absent where the service level has none."""

    priority: Priority
    first_reply_minutes: int | None = None
    resolution_minutes: int | None = None


class ListedPolicy(Record):
    """A service level of a desk that counts the clocks itself. Which hours are open is not said."""

    id: str
    name: str
    in_business_hours: bool
    targets: list[ListedTarget]


class Clock(Record):
    """One service-level clock, in business minutes. `due_at` is absent while the clock is paused.

    A clock that stopped in time without its purpose is not met: `unanswered` is a ticket that was closed or merged
    before any public reply, `merged` one whose case continues in another ticket.
    """

    state: ClockState
    target_minutes: int
    elapsed_minutes: int
    remaining_minutes: int
    due_at: datetime | None = None
    stopped_at: datetime | None = None


class SlaStatus(Record):
    """Service-level clocks of a ticket at `as_of`."""

    ticket_id: str
    policy_id: str
    priority: Priority
    as_of: datetime
    on_hold: bool
    first_reply: Clock
    resolution: Clock


@dataclass(frozen=True, slots=True)
class ClockRun:
    """When a clock runs: from `start` to `stop`, except pauses. A current pause has no end."""

    start: datetime
    pauses: Sequence[tuple[datetime, datetime | None]]
    stop: datetime | None = None


def running_spans(running: ClockRun, now: datetime) -> list[Span]:
    """The intervals in which a clock ran until now, in order."""
    end = running.stop if running.stop is not None else now
    spans: list[Span] = []
    begin = running.start
    for paused, resumed in sorted(running.pauses, key=lambda pause: pause[0]):
        if paused > begin:
            spans.append((begin, min(paused, end)))
        if resumed is None:
            begin = end
            break
        begin = max(begin, resumed)
    if begin < end:
        spans.append((begin, end))
    return [(first, last) for first, last in spans if first < last]


def elapsed(hours: BusinessHours, running: ClockRun, now: datetime) -> timedelta:
    """Business time on the clock until now."""
    return sum((hours.elapsed(*span) for span in running_spans(running, now)), timedelta())


def due(hours: BusinessHours, running: ClockRun, target: timedelta, now: datetime) -> datetime | None:
    """When the clock reaches the target if it keeps running; None if it is paused or stopped earlier."""
    left = target
    for begin, end in running_spans(running, now):
        reached = hours.due(begin, left)  # before the time of the whole span, which may be long
        if reached is not None and reached <= end:
            return reached
        left -= hours.elapsed(begin, end)
    if running.stop is not None or any(resumed is None for _, resumed in running.pauses):
        return None
    return hours.due(now, left)


class Clocked(Protocol):
    """What the clocks of a ticket depend on."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> Status: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def first_replied_at(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def resolution(self) -> str | None: ...
    @property
    def merged_into(self) -> str | None: ...
    @property
    def holds(self) -> Sequence[Hold]: ...


def sla_status(ticket: Clocked, policy: SlaPolicy, now: datetime) -> SlaStatus:
    """Both clocks of a ticket: first public reply, and closing. Closing and merging stop both."""
    hours, target = policy.business_hours(), policy.target(ticket.priority)
    pauses = [(hold.started_at, hold.ended_at) for hold in ticket.holds]
    stops = [at for at in (ticket.first_replied_at, ticket.closed_at) if at is not None]
    first_reply = ClockRun(ticket.created_at, pauses, min(stops, default=None))
    resolution = ClockRun(ticket.created_at, pauses, ticket.closed_at)
    replied: ClockState = "unanswered" if ticket.first_replied_at is None else "met"
    solved: ClockState = "merged" if ticket.merged_into is not None and ticket.resolution is None else "met"
    return SlaStatus(
        ticket_id=ticket.id,
        policy_id=policy.id,
        priority=ticket.priority,
        as_of=now,
        on_hold=ticket.status == "on-hold",
        first_reply=_clock(hours, first_reply, target.first_reply_minutes, now, replied),
        resolution=_clock(hours, resolution, target.resolution_minutes, now, solved),
    )


def _clock(hours: BusinessHours, running: ClockRun, target_minutes: int, now: datetime, in_time: ClockState) -> Clock:
    """The clock at `now`; `in_time` is its state if it stopped within the target."""
    target = timedelta(minutes=target_minutes)
    spent = elapsed(hours, running, now)
    paused = running.stop is None and any(resumed is None for _, resumed in running.pauses)
    state: ClockState
    if spent > target or (spent == target and running.stop is None):
        state = "breached"
    elif running.stop is not None:
        state = in_time
    else:
        state = "paused" if paused else "running"
    spent_minutes = int(spent / timedelta(minutes=1))
    return Clock(
        state=state,
        target_minutes=target_minutes,
        elapsed_minutes=spent_minutes,
        remaining_minutes=max(0, target_minutes - spent_minutes),
        due_at=due(hours, running, target, now),
        stopped_at=running.stop,
    )


def _minute_of_day(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
