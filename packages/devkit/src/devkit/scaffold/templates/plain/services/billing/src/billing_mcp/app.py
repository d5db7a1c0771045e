"""The billing server's composition root: adapters, tools, resources, prompts and their scopes."""

from billing_mcp.adapters.memory import MemoryInvoices
from billing_mcp.completions import InvoiceCompletions
from billing_mcp.identity import IDENTITY
from billing_mcp.prompts import InvoicePrompts
from billing_mcp.resources import InvoiceResources
from billing_mcp.settings import BillingSettings
from billing_mcp.tools.invoices import InvoiceTools
from servicekit.journal.disabled import audit_file_of, journal_for
from servicekit.registry import completion, prompt, read, resource, write
from servicekit.server import Service
from servicekit.storage.redis.store import redis_store

READ = "billing:read"
WRITE = "billing:write"


def build(settings: BillingSettings) -> Service:
    """Assemble the server."""
    store = redis_store(settings)
    invoices = MemoryInvoices()
    tools = InvoiceTools(invoices, invoices)
    resources, prompts, completions = InvoiceResources(invoices), InvoicePrompts(), InvoiceCompletions(invoices)
    return Service(
        settings=settings,
        identity=IDENTITY,
        journal=journal_for("billing", store, audit_file_of(settings)),
        store=store,
        tools=[
            read(tools.search_invoices, scope=READ, title="Find invoices"),
            read(tools.get_invoice, scope=READ, link="invoice://{invoice_id}", title="Details of one invoice"),
            write(
                tools.archive_invoice,
                scope=WRITE,
                destructive=True,
                confirm=tools.preview_archiving,
                title="Archive one invoice",
            ),
        ],
        resources=[resource("invoice://{invoice_id}", resources.invoice, scope=READ, title="One invoice")],
        prompts=[prompt(prompts.review_invoice, scope=READ)],
        completions=[
            completion("invoice_id", completions.invoice_id, scope=READ),
            completion("status", completions.status, scope=READ),
        ],
    )
