"""Resources: invoices by address."""

from billing_mcp.models.invoices import Invoice, InvoiceId, number_of, unknown_invoice
from billing_mcp.ports import Invoices


class InvoiceResources:
    def __init__(self, invoices: Invoices) -> None:
        self._invoices = invoices

    async def invoice(self, invoice_id: InvoiceId) -> Invoice:
        """One invoice."""
        invoice = await self._invoices.get(number_of(invoice_id))
        if invoice is None:
            raise unknown_invoice(invoice_id)
        return invoice
