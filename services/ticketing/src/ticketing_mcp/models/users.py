"""User records: staff and requesters."""

from typing import Annotated, Literal

from servicekit.schema import Author, Record, Untrusted

UserKind = Literal["staff", "requester"]


def _author_of(user: "User") -> Author:
    return user.kind


class User(Record):
    """A staff member or requester. `queues` are the queues of a staff member."""

    id: str
    kind: UserKind
    email: str
    name: Annotated[str, Untrusted(_author_of)]
    queues: list[str]
