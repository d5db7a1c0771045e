"""The read port `Desk` on Zendesk, limited to the caller's tenant and granted queues."""

from ticketing_mcp.adapters.zendesk.attachments import ZendeskAttachments
from ticketing_mcp.adapters.zendesk.macros import ZendeskMacros
from ticketing_mcp.adapters.zendesk.queues import ZendeskQueues
from ticketing_mcp.adapters.zendesk.service_levels import ZendeskServiceLevels
from ticketing_mcp.adapters.zendesk.similar_tickets import ZendeskSimilarTickets
from ticketing_mcp.adapters.zendesk.tags import ZendeskTags
from ticketing_mcp.adapters.zendesk.time_zone import ZendeskTimeZone


class ZendeskDesk(
    ZendeskSimilarTickets,
    ZendeskQueues,
    ZendeskServiceLevels,
    ZendeskMacros,
    ZendeskTags,
    ZendeskAttachments,
    ZendeskTimeZone,
):
    """`Desk` on the Zendesk account of the caller's tenant."""
