"""The ticketing server's composition root: adapters, toolsets, resources, prompts and completions."""

from collections.abc import Sequence
from dataclasses import dataclass

from servicekit.core import Component
from servicekit.journal.disabled import audit_file_of, journal_for
from servicekit.journal.postgres import PostgresJournal
from servicekit.journal.protocol import Journal
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.registry import completion, prompt, resource
from servicekit.server import Service
from servicekit.storage.change_feed.feed import ChangeFeed
from servicekit.storage.postgres.serving_roles import reader_and_writer
from servicekit.storage.redis.store import RedisStore, redis_store
from ticketing_mcp.adapters.postgres.desk import PostgresDesk
from ticketing_mcp.adapters.postgres.ticket_writer import PostgresTicketWriter
from ticketing_mcp.adapters.zendesk.api.accounts import ZendeskAccounts
from ticketing_mcp.adapters.zendesk.api.client import ZendeskApi
from ticketing_mcp.adapters.zendesk.desk import ZendeskDesk
from ticketing_mcp.adapters.zendesk.writer import ZendeskWriter
from ticketing_mcp.completions import TicketCompletions
from ticketing_mcp.identity import IDENTITY
from ticketing_mcp.models.attachments import MAX_FILE
from ticketing_mcp.ports.writing import LostWrites
from ticketing_mcp.prompts import TicketPrompts
from ticketing_mcp.resources import TicketResources
from ticketing_mcp.settings import TicketingSettings
from ticketing_mcp.tools.attachments import AttachmentTools
from ticketing_mcp.toolsets.conversations import conversations
from ticketing_mcp.toolsets.people import people
from ticketing_mcp.toolsets.queues import queues
from ticketing_mcp.toolsets.recovery import recoverable
from ticketing_mcp.toolsets.registration import READ, TicketingPorts
from ticketing_mcp.toolsets.tickets import tickets

SCHEMA = "ticketing"


@dataclass(frozen=True, slots=True)
class Backend:
    """Where the tickets are, and what keeps the writes.

    Attributes:
        change_feed: announces changed tickets; None where the desk does not report changes to this server.
        lost: finds writes whose answer was lost; None where a write is one transaction with its record.
    """

    ports: TicketingPorts
    journal: Journal
    components: Sequence[Component]
    change_feed: ChangeFeed | None = None
    lost: LostWrites | None = None


def postgres(settings: TicketingSettings, store: RedisStore | None) -> Backend:
    """This server's own desk."""
    reader, writer = reader_and_writer(settings, SCHEMA, store)
    change_feed = ChangeFeed("ticketing", store)
    ticket_writer = PostgresTicketWriter(writer, change_feed, settings.attachment_quota)
    ports = TicketingPorts(PostgresDesk(reader), PostgresDesk(writer), ticket_writer, settings.attachment_types)
    return Backend(ports, PostgresJournal(writer, schema=SCHEMA), [reader, writer], change_feed)


def zendesk(settings: TicketingSettings, store: RedisStore | None) -> Backend:
    """Each tenant's desk at Zendesk. Writes are kept in the store and the audit file."""
    accounts = ZendeskAccounts(settings.zendesk_file or "", store, settings.zendesk_timeout)
    api = ZendeskApi(accounts)
    desk, writer = ZendeskDesk(api), ZendeskWriter(api)
    epoch = StoreEpoch("ticketing", store, settings.audit_file) if store is not None else None
    journal = journal_for("ticketing", store, audit_file_of(settings), epoch)
    return Backend(TicketingPorts(desk, desk, writer), journal, [accounts], lost=writer)


def build(settings: TicketingSettings) -> Service:
    """Build the server."""
    store = redis_store(settings)
    backend = postgres(settings, store) if settings.uses_database else zendesk(settings, store)
    ports = backend.ports
    files = AttachmentTools(ports.desk, ports.writer, ports.file_kinds)
    resources, prompts, completions = TicketResources(ports.desk), TicketPrompts(), TicketCompletions(ports.desk)
    return Service(
        settings=settings,
        identity=IDENTITY,
        journal=backend.journal,
        components=backend.components,
        store=store,
        change_feed=backend.change_feed,
        grants=["queues"],
        tools=recoverable(
            [
                *tickets(ports),
                *conversations(ports),  # comments, replies, canned responses
                *queues(ports),  # teams and service levels
                *people(ports),
            ],
            backend.lost,
        ),
        resources=[
            resource(
                "ticket://{ticket_id}",
                resources.ticket,
                scope=READ,
                toolset="tickets",
                title="A ticket",
                subscribable=backend.change_feed is not None,
            ),
            resource(
                "ticket://{ticket_id}/messages/{sequence}",
                resources.original_message,
                scope=READ,
                toolset="conversations",
                title="A message as delivered",
            ),
            resource(
                "attachment://{ticket_id}/{attachment_id}",
                files.whole_attachment,
                scope=READ,
                toolset="conversations",
                title="An attachment",
                budget=2 * MAX_FILE,
            ),
            resource("queue://{queue_id}", resources.queue, scope=READ, toolset="queues", title="A queue"),
            resource("sla://policies", resources.sla_policies, scope=READ, toolset="queues", title="Service levels"),
        ],
        prompts=[
            prompt(prompts.triage, scope=READ, toolset="tickets"),
            prompt(prompts.draft_reply, scope=READ, toolset="conversations"),
            prompt(prompts.handover, scope=READ, toolset="conversations"),
            prompt(prompts.incident_summary, scope=READ, toolset="tickets"),
        ],
        completions=[
            completion("ticket_id", completions.ticket_id, scope=READ),
            completion("queue_id", completions.queue_id, scope=READ),
            completion("tone", completions.tone, scope=READ),
        ],
    )
