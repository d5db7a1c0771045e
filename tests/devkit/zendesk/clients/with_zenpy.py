"""A working day with zenpy, https://github.com/facetoe/zenpy: prints what it saw as JSON.

Arguments: the simulator's host with port, the e-mail address and the API token of the agent.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

host, email, token = sys.argv[1:]
os.environ["ZENPY_FORCE_NETLOC"] = host
os.environ["ZENPY_FORCE_SCHEME"] = "http"

from zenpy import Zenpy  # noqa: E402
from zenpy.lib.api_objects import Comment, Ticket, User  # noqa: E402
from zenpy.lib.exception import APIException  # noqa: E402

zendesk = Zenpy(subdomain="acme", email=email, token=token)
zendesk.disable_caching()
seen = {}


def finished(job):
    while job.status not in ("completed", "failed", "killed"):
        time.sleep(0.02)
        job = zendesk.job_status(id=job.id)
    return job


def refused(call):
    try:
        call()
    except APIException as error:
        return [type(error).__name__, error.response.status_code]
    return None


seen["me"] = zendesk.users.me().email
groups = {group.name: group.id for group in zendesk.groups()}
seen["groups"] = sorted(groups)
requester = zendesk.users.create_or_update(User(name="Nina Roth", email="nina.roth@customer.example"))
audit = zendesk.tickets.create(
    Ticket(
        subject="Scanner shows Z-9001",
        comment=Comment(body="It beeps and shows Z-9001."),
        requester_id=requester.id,
        group_id=groups["IT support"],
        priority="high",
        tags=["scanner"],
    )
)
ticket = zendesk.tickets(id=audit.ticket.id)
seen["created"] = [ticket.subject, ticket.description, ticket.status, ticket.requester.name, ticket.group.name]
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "scan.txt")
    file.write_text("one page")
    upload = zendesk.attachments.upload(str(file), target_name="scan.txt")
    ticket.comment = Comment(body="Please look at the page.", public=True, uploads=[upload.token])
    zendesk.tickets.update(ticket)
    comments = list(zendesk.tickets.comments(ticket.id))
    seen["comments"] = [[one.body, one.public, [file.file_name for file in one.attachments]] for one in comments]
    saved = Path(folder, "saved.txt")
    zendesk.attachments.download(comments[-1].attachments[0].id, str(saved))
    seen["download"] = saved.read_text()
ada = next(zendesk.users.search(query="ada.lind@acme.example"))
ticket = zendesk.tickets(id=ticket.id)
ticket.assignee_id, ticket.status = ada.id, "pending"
seen["update"] = [event["field_name"] for event in zendesk.tickets.update(ticket).audit.events if "field_name" in event]
seen["found"] = [one.id for one in zendesk.search("Z-9001", type="ticket")] == [ticket.id]
seen["statuses"] = sorted({one.status for one in zendesk.search(type="ticket", status_less_than="solved")})
seen["exported"] = len(list(zendesk.search_export(query="status:new", type="ticket")))
seen["listed"] = [len(list(zendesk.tickets())), len(list(zendesk.tickets(cursor_pagination=3)))]
seen["tags"] = sorted(zendesk.tickets.add_tags(ticket.id, ["urgent_case"]))
seen["audits"] = len(list(zendesk.tickets.audits(ticket.id)))
seen["metrics"] = zendesk.tickets.metrics(ticket.id).ticket_id == ticket.id
macro = next(macro for macro in zendesk.macros() if macro.title == "Ask for details")
seen["macro"] = zendesk.tickets.show_macro_effect(ticket.id, macro.id).ticket.comment.body.splitlines()[0]
seen["policies"] = sorted(policy.title for policy in zendesk.sla_policies())
twins = [
    zendesk.tickets.create(
        Ticket(subject=f"Twin {n}", comment=Comment(body="Z-9001"), requester_id=requester.id)
    ).ticket
    for n in range(2)
]
job = zendesk.tickets.merge(
    target=ticket.id, source=[one.id for one in twins], target_comment="Twins", source_comment="Merged"
)
seen["merge"] = [job.status, *(one.success for one in finished(job).results)]
seen["closed"] = [zendesk.tickets(id=one.id).status for one in twins]
job = zendesk.tickets.update([Ticket(id=ticket.id, priority="urgent"), Ticket(id=twins[0].id, priority="low")])
seen["many"] = [one.success for one in finished(job).results]
seen["refused"] = {
    "closed": refused(lambda: zendesk.tickets.update(Ticket(id=twins[0].id, subject="No"))),
    "missing": refused(lambda: zendesk.tickets(id=999_999)),
    "blank": refused(lambda: zendesk.tickets.create(Ticket(subject="No words"))),
}
print(json.dumps(seen))
