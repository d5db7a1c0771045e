"""Users, groups and memberships."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["end-user", "agent", "admin"]


@dataclass
class User:
    """A user. `iana_time_zone` is the time zone of the profile."""

    id: int
    name: str
    email: str | None
    role: Role
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    suspended: bool = False
    active: bool = True
    default_group_id: int | None = None
    iana_time_zone: str = "Etc/UTC"
    time_zone: str = "UTC"
    phone: str | None = None
    tags: list[str] = field(default_factory=list)

    @property
    def is_staff(self) -> bool:
        """Whether the user is an agent or an administrator."""
        return self.role != "end-user"


@dataclass
class Group:
    """A group of agents."""

    id: int
    name: str
    description: str
    created_at: datetime
    deleted: bool = False


@dataclass
class Membership:
    """A user's membership in a group."""

    id: int
    user_id: int
    group_id: int
    created_at: datetime
    default: bool = False
