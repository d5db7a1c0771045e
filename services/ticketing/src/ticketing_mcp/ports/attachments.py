"""Reading attachments."""

from dataclasses import dataclass
from typing import Protocol

from ticketing_mcp.models.attachments import Attachment


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An attachment with its content."""

    attachment: Attachment
    content: bytes


class Attachments(Protocol):
    """Reads the content of attachments. Tickets and messages have their metadata."""

    async def attachment(self, number: int, attachment_id: str) -> StoredFile | None:
        """One attachment of a ticket; None if the ticket or the attachment does not exist.

        Raises:
            Refused: this desk's attachments cannot be read.
        """
        ...
