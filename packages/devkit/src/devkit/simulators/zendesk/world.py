"""The state of the simulated desk."""

import secrets
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from itertools import count
from typing import Final

from devkit.simulators.zendesk.records.attachments import Attachment, Upload
from devkit.simulators.zendesk.records.jobs import Job, Task
from devkit.simulators.zendesk.records.people import Group, Membership, Role, User
from devkit.simulators.zendesk.records.settings import Macro, Schedule, SlaPolicy, TicketField, TicketForm
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.switches import Switches

SIMULATED_EMAIL: Final = "service.account@acme.example"
"""The administrator whose name the development stack uses."""
SIMULATED_TOKEN: Final = "simulated-token"  # noqa: S105  # valid only for this simulator
"""The API token that the development stack uses."""
_FIRST_ID = 900_000_000_001


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class World:
    """All simulated data.

    Args:
        now: the clock, in whole seconds, as the API shows times.
        clock: seconds that only grow, for jobs and the search index.
    """

    def __init__(self, now: Callable[[], datetime] = _now, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.clock = clock
        self.switches = Switches()
        self.iana_time_zone = "Etc/UTC"
        self.api_tokens: set[str] = set()
        self.oauth_tokens: dict[str, int] = {}
        """Access tokens (OAuth) to the ids of their users."""
        self.users: dict[int, User] = {}
        self.groups: dict[int, Group] = {}
        self.memberships: dict[int, Membership] = {}
        self.tickets: dict[int, Ticket] = {}
        self.macros: dict[int, Macro] = {}
        self.fields: dict[int, TicketField] = {}
        self.forms: dict[int, TicketForm] = {}
        self.schedules: dict[int, Schedule] = {}
        self.policies: dict[int, SlaPolicy] = {}
        self.attachments: dict[int, Attachment] = {}
        self.uploads: dict[str, Upload] = {}
        self.jobs: dict[str, Job] = {}
        self._versions: dict[int, list[tuple[float, Ticket]]] = {}
        self._ids = count(_FIRST_ID)

    def new_id(self) -> int:
        """A unique id; tickets have their own."""
        return next(self._ids)

    def new_ticket_id(self) -> int:
        """The next ticket number."""
        return max(self.tickets, default=0) + 1

    def add_user(
        self, name: str, email: str | None, role: Role = "end-user", *, external_id: str | None = None
    ) -> User:
        """Create a user."""
        now = self.now()
        user = User(self.new_id(), name, email, role, now, now, external_id, iana_time_zone=self.iana_time_zone)
        self.users[user.id] = user
        return user

    def add_group(self, name: str, description: str) -> Group:
        """Create a group."""
        group = Group(self.new_id(), name, description, self.now())
        self.groups[group.id] = group
        return group

    def add_member(self, user: User, group: Group) -> None:
        """Make an agent a member of a group; the first group is the default one."""
        default = user.default_group_id is None
        membership = Membership(self.new_id(), user.id, group.id, self.now(), default)
        self.memberships[membership.id] = membership
        if default:
            user.default_group_id = group.id

    def is_member(self, user_id: int, group_id: int) -> bool:
        """Whether a user belongs to a group."""
        return any(one.user_id == user_id and one.group_id == group_id for one in self.memberships.values())

    def user_by_email(self, email: str) -> User | None:
        """The user with an e-mail address, in any case; None if there is none."""
        wanted = email.strip().casefold()
        return next((one for one in self.users.values() if one.email and one.email.casefold() == wanted), None)

    def add_attachment(self, file_name: str, content_type: str, content: bytes) -> Attachment:
        """Keep a file."""
        attachment = Attachment(self.new_id(), secrets.token_hex(16), file_name, content_type, content)
        self.attachments[attachment.id] = attachment
        return attachment

    def add_job(self, kind: str, tasks: Sequence[Task]) -> Job:
        """Queue a background job; it runs `switches.job_seconds` later."""
        job = Job(secrets.token_hex(16), kind, list(tasks), self.clock(), total=len(tasks))
        self.jobs[job.id] = job
        return job

    def run_due_jobs(self) -> None:
        """Run the jobs whose time has come."""
        for job in self.jobs.values():
            if job.results is None and self.clock() - job.queued >= self.switches.job_seconds:
                job.results = [{"index": index, **task()} for index, task in enumerate(job.tasks)]
                job.message = f"Completed at {self.now():%Y-%m-%d %H:%M:%S} +0000"

    def index(self, ticket: Ticket) -> None:
        """Give the search index the present state of a ticket, which it shows `switches.search_lag` later."""
        self._versions.setdefault(ticket.id, []).append((self.clock(), deepcopy(ticket)))

    def indexed(self) -> list[Ticket]:
        """The tickets as the search index has them: changes appear after the lag."""
        shown = []
        until = self.clock() - self.switches.search_lag
        for versions in self._versions.values():
            known = [ticket for at, ticket in versions if at <= until]
            if len(known) > 1:
                del versions[: len(known) - 1]
            if known:
                shown.append(known[-1])
        return shown
