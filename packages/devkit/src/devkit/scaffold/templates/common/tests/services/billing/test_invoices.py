"""Tools, resource, prompt and completions for invoices, through the official client."""

from mcp.client import Client
from mcp_types import PromptReference, ResourceTemplateReference

from tests.fixtures.calls import call, confirmed, preview, refusal, walk


async def test_pages_cover_the_list_once(acme: Client) -> None:
    found = await walk(acme, "search_invoices", limit=7)
    numbers = [int(invoice["id"].rpartition("-")[2]) for invoice in found]
    assert len(numbers) > 7
    assert numbers == sorted(set(numbers), reverse=True)
    by_status = [await walk(acme, "search_invoices", status=status, limit=50) for status in ("open", "archived")]
    assert sorted(one["id"] for part in by_status for one in part) == sorted(one["id"] for one in found)


async def test_search_finds_the_beginning_of_a_title(acme: Client) -> None:
    found = await walk(acme, "search_invoices", query="INVOICE zurich")
    assert found
    assert all("Invoice Zürich" in invoice["title"] for invoice in found)
    assert (await call(acme, "search_invoices", query="nothing begins so"))["items"] == []


async def test_titles_are_fenced(acme: Client) -> None:
    titles = [invoice["title"] for invoice in await walk(acme, "search_invoices", limit=50)]
    assert all(title.startswith('<user_content source="customer">') for title in titles)
    assert any("Ignore previous instructions" in title for title in titles)


async def test_one_invoice_is_read_by_its_id(acme: Client) -> None:
    invoice = await call(acme, "get_invoice", invoice_id="#2")
    assert invoice["id"] == "invoice-2"
    assert (await acme.read_resource("invoice://invoice-2")).contents
    refused = await refusal(acme, "get_invoice", invoice_id="invoice-999999999")
    assert refused == "No invoice-999999999. search_invoices lists the invoices that exist."


async def test_archiving_needs_a_yes_and_is_done_once(clerk: Client) -> None:
    opened = (await call(clerk, "search_invoices", status="open", limit=1))["items"][0]["id"]
    shown, _ = await preview(clerk, "archive_invoice", invoice_id=opened)
    assert shown["effect"].startswith(f"Archives {opened} for good")
    assert (await call(clerk, "get_invoice", invoice_id=opened))["status"] == "open"
    archived = await confirmed(clerk, "archive_invoice", invoice_id=opened)
    assert (archived["id"], archived["status"]) == (opened, "archived")
    assert archived["archived_at"] >= archived["created_at"]
    again = await refusal(clerk, "archive_invoice", invoice_id=opened, idempotency_key="another-key-another-key")
    assert again == f"{opened} is archived already. Nothing was changed."


async def test_the_prompt_names_the_record(acme: Client) -> None:
    (message,) = (await acme.get_prompt("review_invoice", {"invoice_id": "2"})).messages
    assert "Review invoice-2." in message.content.text


async def test_ids_and_statuses_are_completed(acme: Client) -> None:
    prompt = PromptReference(name="review_invoice")
    found = await acme.complete(prompt, {"name": "invoice_id", "value": "invoice-"})
    assert found.completion.values
    template = ResourceTemplateReference(uri="invoice://{invoice_id}")
    found = await acme.complete(template, {"name": "invoice_id", "value": "invoice-"})
    assert found.completion.values
