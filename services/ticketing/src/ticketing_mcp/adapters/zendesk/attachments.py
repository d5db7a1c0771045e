"""Attachments at Zendesk, which this server does not read yet."""

from servicekit.core import Refused
from ticketing_mcp.ports.attachments import StoredFile


class ZendeskAttachments:
    """`Attachments` on Zendesk."""

    async def attachment(self, number: int, attachment_id: str) -> StoredFile | None:  # noqa: ARG002
        raise Refused("This server cannot read attachments at Zendesk. Open the ticket in Zendesk.")
