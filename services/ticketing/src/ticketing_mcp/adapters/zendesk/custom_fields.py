"""Custom fields at Zendesk, which this server does not read yet."""


class ZendeskCustomFields:
    """`CustomFields` on Zendesk."""

    async def custom_fields(self, queue_id: str) -> None:
        """None: unknown, which is not the same as no field."""
