"""Conversations with customers, internal notes and canned responses."""

from servicekit.registry import ToolSpec
from ticketing_mcp.tools.attachments import AttachmentTools
from ticketing_mcp.tools.comments import CommentTools
from ticketing_mcp.tools.conversation import ConversationTools
from ticketing_mcp.tools.macros import MacroTools
from ticketing_mcp.toolsets.registration import REPLY, Registration, TicketingPorts


def conversations(ports: TicketingPorts) -> list[ToolSpec]:
    """The toolset `conversations`."""
    add = Registration("conversations")
    reading, macros = ConversationTools(ports.desk), MacroTools(ports.desk)
    comments = CommentTools(ports.current, ports.writer)
    files = AttachmentTools(ports.desk, ports.writer, ports.file_kinds)
    return [
        add.read(reading.list_comments, title="Conversation of a ticket"),
        add.read(files.get_attachment, link="attachment://{ticket_id}/{attachment_id}", title="Open an attachment"),
        add.read(macros.list_macros, title="Canned responses"),
        add.read(macros.preview_macro, title="Fill in a canned response"),
        add.write(comments.add_internal_note, title="Internal note"),
        add.write(files.attach_file, title="Attach a file"),
        add.destroy(comments.add_public_reply, comments.preview_reply, scope=REPLY, title="Reply to the customer"),
    ]
