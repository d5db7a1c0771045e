"""Ports of the service. Every operation is limited to the caller's tenant."""

from collections.abc import Sequence
from typing import Protocol

from billing_mcp.models.invoices import Invoice, InvoiceStatus


class Invoices(Protocol):
    """Reads invoices."""

    async def search(
        self, beginning: str | None, status: InvoiceStatus | None, count: int, before: int | None
    ) -> Sequence[Invoice]:
        """Up to `count` invoices, newest first.

        Args:
            beginning: the first letters of the title, in any case.
            before: only those with a smaller number.
        """
        ...

    async def get(self, number: int) -> Invoice | None:
        """The invoice with that number."""
        ...


class InvoiceWriter(Protocol):
    """Changes invoices."""

    async def lock(self, number: int) -> Invoice | None:
        """The invoice as it is now. It does not change until the call ends."""
        ...

    async def archive(self, number: int) -> Invoice:
        """Archive a locked invoice; returns it as it is then."""
        ...
