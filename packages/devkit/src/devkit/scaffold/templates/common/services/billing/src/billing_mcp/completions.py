"""Completions for ids and statuses."""

from billing_mcp.models.invoices import STATUSES
from billing_mcp.ports import Invoices

_SUGGESTIONS = 20


class InvoiceCompletions:
    """Suggests values of the caller's tenant."""

    def __init__(self, invoices: Invoices) -> None:
        self._invoices = invoices

    async def invoice_id(self, prefix: str) -> list[str]:
        """The newest ids that begin so."""
        newest = await self._invoices.search(None, None, _SUGGESTIONS, None)
        return [invoice.id for invoice in newest if invoice.id.startswith(prefix.strip().lower())]

    async def status(self, prefix: str) -> list[str]:
        """Matching statuses."""
        return [status for status in STATUSES if status.startswith(prefix.strip().lower())]
