"""Tags of tickets: words that a desk groups tickets by."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Identifier, OneLine, Record, unknown_value

MAX_TAG = 50
MAX_TAGS = 20
"""Most tags of one ticket."""


def _tag(text: str) -> str:
    """A tag in lower case, with underscores for spaces and without a leading #."""
    folded = unicodedata.normalize("NFC", text).lower()
    return re.sub(r"\s+", "_", folded.removeprefix("#").strip())


Tag = Annotated[
    str,
    Identifier(
        f"a tag such as refund, at most {MAX_TAG} letters, digits and ._:/+-",
        "refund",
        pattern=r"(?:[^\WA-Z]|[.:/+-])+",
        found_by="list_fields",
        normalise=_tag,
        max_length=MAX_TAG,
        any_script=True,
    ),
]
NewTags = Annotated[list[Tag], Field(max_length=MAX_TAGS, description="New ones are allowed.")]
TagsToRemove = Annotated[list[Tag], Field(max_length=MAX_TAGS, description="Tags it has.")]
TagName = Annotated[str, OneLine()]
"""A tag in a result: staff chose it, or a program that imported it."""


class TagUse(Record):
    """A tag, and how many of the newest tickets have it."""

    tag: TagName
    tickets: int


def unique_tags(tags: Iterable[str]) -> list[str]:
    """The tags without repetitions, also of other case in scripts that an argument's pattern does not fold."""
    return list(dict.fromkeys(_tag(tag) for tag in tags))


def unknown_tag(argument: str, tag: str, known: Iterable[str]) -> Refused:
    """No ticket that the caller may see has the tag."""
    return unknown_value(argument, "ticket with the tag", tag, known, "list_fields lists the tags in use.")


def changed_tags(
    ticket_id: str, present: Iterable[str], add: Iterable[str], remove: Iterable[str]
) -> tuple[list[str], list[str]]:
    """The tags that a ticket gets and loses.

    Raises:
        Refused: a tag is in both lists, is not on the ticket, or there would be too many.
    """
    own, added, removed = set(present), unique_tags(add), unique_tags(remove)
    if both := sorted(set(added) & set(removed)):
        raise Refused(f"The tag {both[0]} is in add_tags and in remove_tags. Send it in one of them.")
    for tag in removed:
        if tag not in own:
            kind = f"tag of {ticket_id}"
            raise unknown_value("remove_tags", kind, tag, sorted(own), f"get_ticket {ticket_id} lists its tags.")
    added = [tag for tag in added if tag not in own]
    if len(own) + len(added) - len(removed) > MAX_TAGS:
        raise Refused(f"{ticket_id} would have more than {MAX_TAGS} tags. Remove some with remove_tags.")
    return added, removed
