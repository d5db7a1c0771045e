"""People: staff, who work on tickets, and requesters, who write them."""

from typing import Literal

from servicekit.schema import Record
from ticketing_mcp.models.identifiers import RequesterText

UserKind = Literal["staff", "requester"]


class User(Record):
    """A person. `queues` are those that a member of staff works on."""

    id: str
    kind: UserKind
    email: str
    name: RequesterText
    queues: list[str]
