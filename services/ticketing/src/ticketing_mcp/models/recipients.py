"""Who gets a public reply: the requester, and a copy (CC) for others."""

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field

from servicekit.core import Refused
from ticketing_mcp.models.identifiers import Email

MOST_COPIES: Final = 20
Copies = Annotated[list[Email], Field(max_length=MOST_COPIES, description="E-mail addresses.")]


def recipients_of_copies(
    present: Iterable[str], requester_email: str, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> tuple[str, ...]:
    """Who gets copies after a change, in lower case, without the requester, who gets every reply anyway.

    Raises:
        Refused: an address to remove gets no copies, or there would be too many.
    """
    own, removed = tuple(present), {address.lower() for address in remove}
    if unknown := sorted(removed.difference(own)):
        raise Refused(f"{unknown[0]} gets no copies (remove_cc). These do: {', '.join(own) or 'none'}.")
    wanted = dict.fromkeys([*own, *(address.lower() for address in add)])
    copies = tuple(address for address in wanted if address not in removed | {requester_email.lower()})
    if len(copies) > MOST_COPIES:
        raise Refused(f"{len(copies)} addresses would get copies; at most {MOST_COPIES} can. Remove some.")
    return copies
