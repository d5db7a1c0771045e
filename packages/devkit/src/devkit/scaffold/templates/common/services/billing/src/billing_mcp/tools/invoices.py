"""Tools for invoices."""

from billing_mcp.models.invoices import Invoice, InvoiceId, InvoiceStatus, TitleStart, number_of, unknown_invoice
from billing_mcp.ports import Invoices, InvoiceWriter
from servicekit.core import Refused
from servicekit.registry import Preview
from servicekit.schema import CursorKey, Limit, Page


class InvoiceTools:
    """Reads with `invoices`; changes with `writer`, in the transaction of the call."""

    def __init__(self, invoices: Invoices, writer: InvoiceWriter) -> None:
        self._invoices = invoices
        self._writer = writer

    async def search_invoices(
        self,
        query: TitleStart | None = None,
        status: InvoiceStatus | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[Invoice]:
        """Find or list invoices, newest first: all, those whose title begins with some words, or those of one
        status. get_invoice has the details of one."""
        before = int(cursor[0]) if cursor else None
        rows = await self._invoices.search(query, status, limit + 1, before)
        return Page(rows, limit, key=lambda row: (number_of(row.id),))

    async def get_invoice(self, invoice_id: InvoiceId) -> Invoice:
        """Details of one invoice: title, status, times, version. search_invoices finds its id."""
        invoice = await self._invoices.get(number_of(invoice_id))
        if invoice is None:
            raise unknown_invoice(invoice_id)
        return invoice

    async def archive_invoice(self, invoice_id: InvoiceId) -> Invoice:
        """Archive one invoice for good, because it is done. It stays readable. A person confirms it first."""
        invoice = await self._to_archive(invoice_id)
        return await self._writer.archive(number_of(invoice.id))

    async def preview_archiving(self, invoice_id: InvoiceId) -> Preview:
        """What archive_invoice would do."""
        invoice = await self._to_archive(invoice_id)
        return Preview(effect=f"Archives {invoice.id} for good: {invoice.title}.", version=invoice.version)

    async def _to_archive(self, invoice_id: InvoiceId) -> Invoice:
        """The locked invoice.

        Raises:
            Refused: it does not exist, or is archived already.
        """
        invoice = await self._writer.lock(number_of(invoice_id))
        if invoice is None:
            raise unknown_invoice(invoice_id)
        if invoice.status == "archived":
            raise Refused(f"{invoice.id} is archived already. Nothing was changed.")
        return invoice
