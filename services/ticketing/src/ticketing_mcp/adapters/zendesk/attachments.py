"""Reading attachments. Zendesk keeps their content under an address with a token, on the account's host."""

import re
from typing import Final

from ticketing_mcp.adapters.zendesk.conversations import ZendeskConversations, files_of
from ticketing_mcp.adapters.zendesk.limits import not_offered
from ticketing_mcp.adapters.zendesk.wire import WireAttachment
from ticketing_mcp.models.attachments import MAX_FILE
from ticketing_mcp.ports.attachments import StoredFile

_TOKEN: Final = re.compile(r"/attachments/token/(?P<token>[A-Za-z0-9_-]{1,200})/")
_FOUND: Final = "malware_found"


class ZendeskAttachments(ZendeskConversations):
    """`Attachments` on Zendesk."""

    async def attachment(self, number: int, attachment_id: str) -> StoredFile | None:
        """One attachment of a ticket.

        Raises:
            Refused: Zendesk found malware in it, or it is larger than this server passes on.
        """
        if await self.visible(number) is None:
            return None
        async for page in self.pages(number):
            for place, comment in page.comments:
                for file, wire in zip(files_of(comment, place, page.users), comment.attachments, strict=True):
                    if file.id == attachment_id:
                        return StoredFile(file, await self._content(wire))
        return None

    async def _content(self, wire: WireAttachment) -> bytes:
        if wire.malware_scan_result == _FOUND:
            raise not_offered("malware")
        token = _TOKEN.search(wire.content_url or "")
        if token is None or wire.deleted or (wire.size or 0) > MAX_FILE:
            raise not_offered("large_file")
        return await self._api.download(("attachments", "token", token["token"]), f"attachment {wire.id}")
