"""A sales report as CSV (RFC 4180), for spreadsheets."""

import csv
import io
import unicodedata
from typing import Final
from urllib.parse import quote, urlencode

from orders_mcp.models.sales import SalesQuery, SalesRow

MOST_ROWS: Final = 8000
"""The most groups of a CSV; they fit into the largest resource."""
CSV_TEMPLATE: Final = "sales://{from_day}/{to_day}/{group_by}{?compare_to,currency,time_zone}"


def csv_uri(query: SalesQuery) -> str:
    """The URI of the CSV with every group of a report."""
    filters = {"compare_to": query.compare_to, "currency": query.currency, "time_zone": str(query.days.zone)}
    given = {name: value for name, value in filters.items() if value is not None}
    days = f"{query.days.first}/{query.days.last}"
    return f"sales://{days}/{query.group_by}?{urlencode(given, quote_via=quote, safe='')}"


def as_csv(rows: list[SalesRow]) -> str:
    """The rows under the names of those columns that have a value."""
    records = [row.model_dump(exclude_none=True) for row in rows]
    used = set[str]().union(*records)
    columns = [name for name in SalesRow.model_fields if name in used]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(SalesRow.model_fields))
    writer.writeheader()
    for record in records:
        writer.writerow(record | {name: _inert(record[name]) for name in ("group", "name") if name in record})
    return text.getvalue()


def _inert(text: str) -> str:
    """Text that a spreadsheet does not run as a formula (OWASP, CSV injection): some ignore white space and take signs
    of full width."""
    shown = unicodedata.normalize("NFKC", text).lstrip("\ufeff\u200b \n")
    return f"'{text}" if shown.startswith(("=", "+", "-", "@", "\t", "\r")) else text
