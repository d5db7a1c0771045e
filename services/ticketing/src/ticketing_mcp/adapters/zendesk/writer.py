"""The write port `TicketWriter` on Zendesk."""

from ticketing_mcp.adapters.zendesk.batches import ZendeskBatches


class ZendeskWriter(ZendeskBatches):
    """`TicketWriter` and `LostWrites` on the Zendesk account of the caller's tenant."""
