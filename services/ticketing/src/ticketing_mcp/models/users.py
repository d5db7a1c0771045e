"""User records: staff and requesters."""

from typing import Literal

from servicekit.schema import Record
from ticketing_mcp.models.identifiers import RequesterText

UserKind = Literal["staff", "requester"]


class User(Record):
    """A staff member or requester. `queues` are the queues of a staff member."""

    id: str
    kind: UserKind
    email: str
    name: RequesterText
    queues: list[str]
