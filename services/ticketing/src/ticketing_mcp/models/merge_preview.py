"""The preview of a merge: what changes for each ticket and its requester."""

from collections.abc import Sequence

from servicekit.registry import Preview
from ticketing_mcp.models.merging import MergeRules
from ticketing_mcp.models.previews import named
from ticketing_mcp.models.quoted_text import quoted
from ticketing_mcp.models.tickets import Ticket


class MergePreview(Preview):
    """A merge of tickets into the ticket `into`. `shown` has one line for each ticket; `versions` are in its order."""

    into: str
    ticket_ids: list[str]
    versions: list[int]


def merge_preview(tickets: Sequence[Ticket], into: Ticket, rules: MergeRules) -> MergePreview:
    ids = ", ".join(ticket.id for ticket in tickets)
    closes = "it" if len(tickets) == 1 else "each"
    undo = "unmerge_tickets undoes it within 24 hours; after that it is permanent."
    return MergePreview(
        effect=(
            f"Merges {ids} into {into.id}: closes {closes} as a duplicate, without a message to its requester. "
            f"{into.id} keeps its status, queue, assignee and priority. Comments stay on their ticket. Replies on "
            f"{into.id} go to {into.requester_email} alone.{_others(tickets, into, rules)} "
            f"{undo if rules.can_undo else 'It cannot be undone.'}"
        ),
        version=into.version,
        shown={into.id: f"{_line(into)}; stays"} | {ticket.id: _merged_line(ticket, into, rules) for ticket in tickets},
        into=into.id,
        ticket_ids=[ticket.id for ticket in tickets],
        versions=[ticket.version for ticket in tickets],
    )


def _others(tickets: Sequence[Ticket], into: Ticket, rules: MergeRules) -> str:
    """Says which requesters get no replies on the target."""
    others = sorted({one.requester_email for one in tickets if one.requester_id != into.requester_id})
    if not others:
        return ""
    who = f" No replies from {into.id}: {', '.join(others)}"
    if rules.can_answer:
        return f"{who}; answer them with add_public_reply on their own tickets."
    return f"{who}, unless this desk puts them in CC; they cannot be answered on their own tickets afterwards."


def _merged_line(ticket: Ticket, into: Ticket, rules: MergeRules) -> str:
    same = ticket.requester_id == into.requester_id
    if same:
        answers = f"gets the replies on {into.id}"
    elif rules.can_answer:
        answers = f"gets replies on {ticket.id} only"
    else:
        answers = f"gets replies only in CC of {into.id}"
    came = f"; merged into it before: {named(ticket.merged)}" if ticket.merged else ""
    return f"{_line(ticket)}; becomes closed, {answers}{came}"


def _line(ticket: Ticket) -> str:
    """Whose ticket it is, and its present state."""
    assignee = f"assigned to {ticket.assignee_id}" if ticket.assignee_id else "unassigned"
    comments = "1 comment" if ticket.comment_count == 1 else f"{ticket.comment_count} comments"
    copies = f", {len(ticket.cc)} in CC" if ticket.cc else ""
    state = f"{ticket.status}, queue {ticket.queue_id}, {assignee}, {comments}{copies}"
    return f"{quoted(ticket.requester_name)} <{ticket.requester_email}>; {state}"
