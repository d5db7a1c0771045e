"""Who gets a public reply: the requester, and a copy (CC) for others."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from ticketing_mcp.models.identifiers import Email

MOST_COPIES = 20
Copies = Annotated[list[Email], Field(max_length=MOST_COPIES, description="E-mails that get a copy (CC) of replies.")]


def recipients_of_copies(addresses: Iterable[str], requester_email: str) -> tuple[str, ...]:
    """The addresses in lower case, each once, without the requester, who gets every reply anyway."""
    lower = dict.fromkeys(address.lower() for address in addresses)
    return tuple(address for address in lower if address != requester_email.lower())
