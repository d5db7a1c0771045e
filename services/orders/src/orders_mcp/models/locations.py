"""Warehouses, and which one a code, name or city means."""

import re
from collections.abc import Sequence

from servicekit.core import Refused
from servicekit.schema import Record, unknown_value
from servicekit.storage.search_terms import fold

_SEPARATORS = re.compile(r"[\W_]+")
_FILLERS = frozenset({"the", "in", "at", "our", "warehouse", "depot", "location", "store", "stock", "site"})


class Warehouse(Record):
    """A warehouse. Its name is its code where the shop gave it none."""

    code: str
    name: str
    city: str | None = None

    @property
    def label(self) -> str:
        """Such as "ams-1 (Amsterdam Westpoort)"."""
        return self.code if self.name == self.code else f"{self.code} ({self.name})"


def found_warehouse(text: str, warehouses: Sequence[Warehouse], argument: str = "location") -> Warehouse:
    """The warehouse that a text names: `ams-1`, `AMS 1`, `ams`, its name or its city, whole or the beginnings of words.

    Args:
        text: the argument.
        warehouses: all of the shop.
        argument: its name, for refusals.

    Raises:
        Refused: no warehouse has that name, or several do; the text names them.
    """
    wanted = _folded(text)
    for matches in (_is_code, _is_name, _has_words):
        found = [warehouse for warehouse in warehouses if wanted and matches(wanted, warehouse)]
        if len(found) == 1:
            return found[0]
        if found:
            candidates = " or ".join(warehouse.label for warehouse in found)
            raise Refused(f"{argument} could be {candidates}. Give the code of one of them, such as {found[0].code}.")
    names = {warehouse.code: f"{warehouse.name} {warehouse.city or ''}" for warehouse in warehouses}
    raise unknown_value(argument, "warehouse", text, names, "get_inventory lists the warehouses of a product.")


def _is_code(wanted: str, warehouse: Warehouse) -> bool:
    return wanted.replace(" ", "") == warehouse.code.replace("-", "")


def _is_name(wanted: str, warehouse: Warehouse) -> bool:
    return wanted in (warehouse.code.partition("-")[0], _folded(warehouse.name), _folded(warehouse.city or ""))


def _has_words(wanted: str, warehouse: Warehouse) -> bool:
    words = [word for word in wanted.split() if word not in _FILLERS]
    own = _folded(f"{warehouse.code} {warehouse.name} {warehouse.city or ''}").split()
    return bool(words) and all(any(word.startswith(part) for word in own) for part in words)


def _folded(text: str) -> str:
    """Without case, accents and separators."""
    return _SEPARATORS.sub(" ", fold(text)).strip()
