"""The write port `TicketWriter` on Zendesk."""

from ticketing_mcp.adapters.zendesk.batches import ZendeskBatches
from ticketing_mcp.adapters.zendesk.merging import ZendeskMerger


class ZendeskWriter(ZendeskBatches, ZendeskMerger):
    """`TicketWriter` and `LostWrites` on the Zendesk account of the caller's tenant."""
