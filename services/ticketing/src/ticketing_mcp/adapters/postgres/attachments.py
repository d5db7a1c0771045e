"""Attachments on Postgres: the metadata in one table, the content in another that lists never read."""

from collections.abc import Sequence
from datetime import datetime

from servicekit.core import Refused, current_caller
from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import GRANTED, granted_queues
from ticketing_mcp.models.attachments import MAX_FILES, MAX_TICKET_BYTES, Attachment, NewAttachment
from ticketing_mcp.ports.attachments import StoredFile

_RECORD = """json_build_object(
    'id', a.id::text, 'name', a.name, 'type', a.type, 'size', a.size, 'by', a.author, 'at', a.at,
    'message', a.sequence)"""
OF_TICKET = f"""(
    SELECT coalesce(json_agg({_RECORD} ORDER BY a.id), '[]') FROM ticketing.attachments AS a
    WHERE a.number = t.number)"""
OF_MESSAGE = f"""(
    SELECT coalesce(json_agg({_RECORD} ORDER BY a.id), '[]') FROM ticketing.attachments AS a
    WHERE a.number = t.number AND a.sequence = m.sequence)"""
ATTACHMENT = f"""
SELECT {_RECORD} AS record, c.content
FROM ticketing.tickets AS t
JOIN ticketing.attachments AS a ON a.tenant_id = t.tenant_id AND a.number = t.number
JOIN ticketing.attachment_contents AS c ON c.tenant_id = a.tenant_id AND c.number = a.number AND c.id = a.id
WHERE t.number = $1 AND {GRANTED} AND a.id = $3
"""
PRESENT = "SELECT id, size, sha256, name FROM ticketing.attachments WHERE number = $1 ORDER BY id"
# Locks the tenant's row until the transaction ends, as a new ticket does.
RESERVE = """
UPDATE ticketing.tenants SET attachment_bytes = attachment_bytes + $1
WHERE id = current_setting('app.tenant') AND attachment_bytes + $1 <= $2
RETURNING attachment_bytes
"""
INSERT_ATTACHMENT = """
INSERT INTO ticketing.attachments (tenant_id, number, id, sequence, name, type, size, sha256, author, author_id, at)
VALUES (current_setting('app.tenant'), $1, $2, $3, $4, $5, $6, $7, 'staff', $8, $9)
"""
INSERT_CONTENT = """
INSERT INTO ticketing.attachment_contents (tenant_id, number, id, content)
VALUES (current_setting('app.tenant'), $1, $2, $3)
"""
_LARGEST_ID = 2**31 - 1


class AttachmentQueries:
    """`Attachments` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def attachment(self, number: int, attachment_id: str) -> StoredFile | None:
        if int(attachment_id) > _LARGEST_ID:
            return None
        queues = await granted_queues(self._database)
        row = await self._database.fetchrow(ATTACHMENT, number, queues, int(attachment_id))
        return None if row is None else StoredFile(Attachment.model_validate_json(row["record"]), row["content"])


async def write_attachments(
    database: Database, number: int, sequence: int, at: datetime, files: Sequence[NewAttachment], quota: int
) -> None:
    """Write the files of a message of a locked ticket.

    Raises:
        Refused: the ticket has one of them already, or a limit would be exceeded.
    """
    if not files:
        return
    present = await database.fetch(PRESENT, number)
    for file in files:
        if same := next((row for row in present if row["sha256"] == file.sha256), None):
            raise Refused(f"The ticket has this file already, as attachment {same['id']}. Nothing was attached.")
    size = sum(len(file.content) for file in files)
    if len(present) + len(files) > MAX_FILES:
        raise Refused(f"A ticket has at most {MAX_FILES} attachments. Nothing was attached.")
    if sum(row["size"] for row in present) + size > MAX_TICKET_BYTES:
        raise Refused(f"The attachments of a ticket have at most {MAX_TICKET_BYTES} bytes. Nothing was attached.")
    if await database.fetchval(RESERVE, size, quota) is None:
        raise Refused("The attachments of your organisation have reached their limit. Ask the operators to raise it.")
    for place, file in enumerate(files, len(present) + 1):
        await database.fetch(
            INSERT_ATTACHMENT, number, place, sequence, file.name, file.type, len(file.content), file.sha256,
            current_caller().subject, at,
        )  # fmt: skip
        await database.fetch(INSERT_CONTENT, number, place, file.content)
