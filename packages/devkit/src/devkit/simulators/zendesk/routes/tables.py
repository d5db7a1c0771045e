"""Every table of routes."""

from typing import Final

from devkit.simulators.zendesk.routes import (
    account,
    attachments,
    comments,
    groups,
    jobs,
    macros,
    search,
    service_levels,
    ticket_fields,
    ticket_lists,
    ticket_writes,
    tickets,
    users,
)

TABLES: Final = (
    account,
    attachments,
    comments,
    groups,
    jobs,
    macros,
    search,
    service_levels,
    ticket_fields,
    ticket_lists,
    ticket_writes,
    tickets,
    users,
)
