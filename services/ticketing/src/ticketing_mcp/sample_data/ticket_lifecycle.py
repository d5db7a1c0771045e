"""Generates the comments, holds and events of a ticket, by its final status."""

from datetime import datetime, timedelta

from servicekit.sample_data.draws import Draws
from servicekit.sample_data.lifecycle import Lifecycle, status_by_age
from servicekit.sample_data.loading import Row
from ticketing_mcp.models.tickets import Status
from ticketing_mcp.sample_data.mails import as_mail
from ticketing_mcp.sample_data.vocabulary import ANSWERS, ATTACKS, NOTES, REPLIES

# Greatest age in hours, and shares per mille in the order of `_STATUSES`.
_STATUSES: tuple[Status, ...] = ("open", "pending", "on-hold", "closed")
_STATUS_SHARES_BY_AGE = (
    (24, (640, 160, 40, 160)),
    (72, (330, 200, 90, 380)),
    (240, (110, 120, 80, 690)),
    (24 * 366 * 10, (8, 7, 6, 979)),
)


def status_at(age: timedelta, chance: int) -> Status:
    """The status of a ticket by its age; `chance` is a random number below 1000."""
    return status_by_age(_STATUSES, _STATUS_SHARES_BY_AGE, age, chance)


class TicketLifecycle(Lifecycle):
    """Collects the comments, holds and events of one ticket, in order of time."""

    __slots__ = (
        "_key",
        "_last_reply",
        "_requester",
        "_staff",
        "closed_at",
        "comments",
        "events",
        "holds",
        "mentions",
        "replied_at",
        "status",
        "status_before_merge",
    )

    def __init__(
        self, key: tuple[str, int], requester_id: str, staff_id: str, start: datetime, end: datetime, draws: Draws
    ) -> None:
        super().__init__(draws, start, end)
        self._key, self._requester, self._staff = key, requester_id, staff_id
        self.status: Status = "open"
        self.replied_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.status_before_merge: Status | None = None
        self.comments: list[Row] = []
        self.mentions: list[Row] = []
        self._last_reply = ""
        self.holds: list[Row] = []
        self.events: list[Row] = []
        self._event("created", "requester", None)

    def run(self, final: Status, *, assigned: bool, merged_into: str | None) -> None:
        """Generate the history up to the final status."""
        draws = self._draws
        if assigned:
            self._advance(12)
            self._event("assigned", "staff", self._staff)
        if draws.chance(250):
            self._note()
        for _ in range(min(draws.below(4), draws.below(4))):
            self._reply()
            self._requester_message()
        if final == "closed" and draws.chance(150):
            self._hold_or_resume("on-hold")
            self._hold_or_resume("open")
        if final == "pending":
            self._reply()
        elif final == "on-hold":
            self._hold_or_resume("on-hold")
        elif final == "closed":
            if draws.chance(700):
                self._reply()
            self._close(merged_into)

    def _event(self, kind: str, actor: str, detail: str | None) -> None:
        who = self._requester if actor == "requester" else self._staff
        self.events.append((*self._key, len(self.events) + 1, self.at, kind, actor, who, detail, None))

    def _comment(self, kind: str, author: str, body: str, written_in: str = "text") -> None:
        self.comments.append((*self._key, len(self.comments) + 1, kind, author, body, self.at, written_in, None))

    def _with_code(self, text: str) -> str:
        return text.replace("{code}", f"N{self._draws.between(100_000, 999_999)}") if "{code}" in text else text

    def _note(self) -> None:
        self._advance(24)
        note = self._with_code(self._draws.pick(NOTES))
        if self.at.minute % 5 == 0:
            note += f" @{self._staff}: to you."
            self.mentions.append((*self._key, len(self.comments) + 1, self._staff))
        self._comment("internal_note", self._staff, note)
        self._event("note_added", "staff", None)

    def _reply(self) -> None:
        self._advance(24)
        self._last_reply = self._draws.pick(REPLIES)
        self._comment("public_reply", self._staff, self._last_reply)
        self._event("reply_added", "staff", None)
        if self.replied_at is None:
            self.replied_at = self.at
        self._set_status("pending", "staff")

    def _requester_message(self) -> None:
        self._advance(48)
        body = self._draws.pick(ATTACKS) if self._draws.chance(30) else self._with_code(self._draws.pick(ANSWERS))
        self._comment("requester_message", self._requester, *as_mail(body, self._last_reply, self.at))
        self._event("message_received", "requester", None)
        self._set_status("open", "requester")

    def _set_status(self, status: Status, actor: str) -> None:
        if self.status != status:
            self.status = status
            self._event("status_changed", actor, status)

    def _hold_or_resume(self, status: Status) -> None:
        self._advance(72)
        if self.status == "on-hold" and self.holds:
            self.holds[-1] = (*self.holds[-1][:3], self.at)
        if status == "on-hold":
            self.holds.append((*self._key, self.at, None))
        self._set_status(status, "staff")

    def resolve(self, resolution: str) -> None:
        """Give the closing, which is the last event, its resolution."""
        self.events[-1] = (*self.events[-1][:-1], resolution)

    def _close(self, merged_into: str | None) -> None:
        self._advance(48)
        self.status_before_merge = self.status if merged_into else None
        self.status, self.closed_at = "closed", self.at
        self._event("merged" if merged_into else "closed", "staff", merged_into)
