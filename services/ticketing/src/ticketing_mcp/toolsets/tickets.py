"""Finding, opening and changing tickets."""

from servicekit.registry import ToolSpec
from ticketing_mcp.tools.batch_updates import BatchUpdateTools
from ticketing_mcp.tools.intake import IntakeTools
from ticketing_mcp.tools.merging import MergeTools
from ticketing_mcp.tools.search import SearchTools
from ticketing_mcp.tools.similar import SimilarTools
from ticketing_mcp.tools.ticket_lists import TicketListTools
from ticketing_mcp.tools.ticket_updates import TicketUpdateTools
from ticketing_mcp.tools.tickets import TicketTools
from ticketing_mcp.toolsets.registration import Registration, TicketingPorts


def tickets(ports: TicketingPorts) -> list[ToolSpec]:
    """The toolset `tickets`."""
    add = Registration("tickets")
    reading, similar = TicketTools(ports.desk), SimilarTools(ports.desk)
    intake, changes = IntakeTools(ports.current, ports.writer), TicketUpdateTools(ports.current, ports.writer)
    merges = MergeTools(ports.current, ports.writer)
    batches = BatchUpdateTools(ports.current, ports.writer)
    return [
        add.read(SearchTools(ports.desk).search_tickets, title="Search tickets"),
        add.read(reading.get_ticket, link="ticket://{ticket_id}", title="Ticket details"),
        add.read(TicketListTools(ports.desk).get_tickets, title="Details of several tickets"),
        add.read(reading.get_history, title="History of a ticket"),
        add.read(reading.list_fields, title="Fields and allowed values"),
        add.read(reading.get_transitions, title="Next statuses of a ticket"),
        add.read(similar.find_similar_tickets, title="Similar and duplicate tickets"),
        add.write(intake.create_ticket, confirm=intake.preview_creation, title="Open a new ticket"),
        add.write(changes.update_ticket, confirm=changes.preview_update, title="Change priority, queue, title or tags"),
        add.write(changes.transition_ticket, title="Reopen or put on hold"),
        add.write(changes.assign_ticket, title="Assign a ticket"),
        add.destroy(batches.update_tickets, batches.preview_updates, title="Change several tickets at once"),
        add.write(changes.link_tickets, title="Link tickets"),
        add.destroy(changes.close_ticket, changes.preview_closing, title="Close a ticket"),
        add.destroy(merges.merge_tickets, merges.preview_merge, title="Merge duplicate tickets"),
        add.write(merges.unmerge_tickets, title="Undo a merge"),
    ]
