"""The cells of the table: what a client may be able to do with a server."""

from dataclasses import dataclass, field
from typing import Final

CELLS: Final = (
    "list", "read", "write", "confirm", "resource", "prompt", "complete", "progress", "cancel", "OAuth", "step-up",
)  # fmt: skip
WORKS: Final = "works"
SERVICE_OF: Final = {cell: "weather" if cell in {"progress", "cancel"} else "orders" for cell in CELLS}
"""The server that each cell is tried on."""
WITH_SIGN_IN: Final = ("OAuth", "step-up")


@dataclass
class Row:
    """One client's row of the table.

    Attributes:
        client: its name, as `ONLY` has it.
        title: its name for people.
        version: the version that was tried; empty where it was not.
        revision: the protocol revision of its calls, as the server logged it; empty where there was none.
        day: when it was tried, YYYY-MM-DD; empty where it was not.
        cells: `works` (and how, where that is not plain), or why not, by cell.
        wrong: the cells that should work and do not.
    """

    client: str
    title: str
    version: str = ""
    revision: str = ""
    day: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
