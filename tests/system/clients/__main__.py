"""`make clients`: each client, installed from its registry, against real servers of the fleet."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from .catalogue import CLIENTS, Client
from .cells import CELLS, WORKS, Row
from .configured import CONFIGURED, configured
from .driving import try_client
from .fleet import Fleet, fleet
from .page import block, write_page


def main() -> int:
    """Try the clients and print the table; 0 if every cell that should work does."""
    parser = argparse.ArgumentParser(prog="clients", description=__doc__)
    parser.add_argument("--only", help="names of clients, separated by commas")
    parser.add_argument("--keep", type=Path, help="a folder for logs and what the clients wrote")
    parser.add_argument("--write", action="store_true", help="write the rows into docs/clients.md")
    options = parser.parse_args()
    every = [*(client.name for client in CLIENTS), *CONFIGURED]
    names = options.only.split(",") if options.only else every
    if unknown := set(names) - set(every):
        known = ", ".join(every)
        parser.error(f"--only: {', '.join(sorted(unknown))} is no client; choose from {known}")
    chosen = [client for client in CLIENTS if client.name in names]
    began = time.monotonic()
    # Requests that hang in the simulator are cut at its end.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="clients-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with fleet(folder) as running:
            rows = asyncio.run(tried(chosen, running, folder))
            rows += [configured(name, running.endpoints["orders"]) for name in CONFIGURED if name in names]
    print(f"\n{block(rows)}\n{time.monotonic() - began:.0f} s")
    if options.write:
        titles = [*(client.title for client in CLIENTS), *(title for title, _, _ in CONFIGURED.values())]
        write_page(rows, titles)
    for row in rows:
        for cell in row.wrong:
            print(f"{row.client}: {cell} should work: {row.cells[cell]}", file=sys.stderr)
    return int(any(row.wrong for row in rows))


async def tried(clients: list[Client], running: Fleet, folder: Path) -> list[Row]:
    """A row for each client, printed as it is made."""
    rows = []
    for client in clients:
        began = time.monotonic()
        row = await try_client(client, running, folder)
        row.day = f"{datetime.now(UTC):%Y-%m-%d}"
        rows.append(row)
        works = [cell for cell in CELLS if row.cells[cell].startswith(WORKS)]
        print(f"{row.client} {row.version} ({time.monotonic() - began:.0f} s): {', '.join(works)}", flush=True)
        for cell in CELLS:
            if cell not in works:
                print(f"  {cell}: {row.cells[cell]}", flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
