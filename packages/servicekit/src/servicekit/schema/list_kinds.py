"""Kinds of lists, and of objects with any names."""

from collections.abc import Mapping
from typing import Any

from servicekit.schema import conversions
from servicekit.schema.kinds import Kind, Reading


class Items(Kind):
    """A list of items of one kind.

    Args:
        most: the length of the longest list that is taken.
    """

    rule = "must be a list"
    shape = "list"

    def __init__(self, item: Kind, most: int | None = None) -> None:
        self.item = item
        self._most = most
        if item.shape == "object" and item.rule is not None:
            self.rule = f"must be a list, and each item {item.rule}"
        self.drops = item.drops

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        if isinstance(value, str):
            value = self._from_text(value)
        elif (isinstance(value, Mapping) and self.item.shape == "object") or (type(value) is int and self.item.is_name):
            value = [value]
        if not isinstance(value, list) or (self._most is not None and len(value) > self._most):
            return value
        return [self.item.read(one, f"{at}.{index}", reading) for index, one in enumerate(value)]

    def opened(self, value: Any) -> Any:
        found = conversions.json_in(value, "[") if isinstance(value, str) else value
        if isinstance(found, str) and self.item.shape == "object":
            found = conversions.json_in(found, "{")
        return [self.item.opened(one) for one in found] if isinstance(found, list) else self.item.opened(found)

    def _from_text(self, text: str) -> Any:
        """The list that was sent as JSON text, as names between commas, or as its only item."""
        found = conversions.json_in(text, "[")
        if found is not text:
            return found
        if self.item.shape == "object" and (found := conversions.json_in(text, "{")) is not text:
            return [found]
        if self.item.shape != "value" and not self.item.is_name:
            return text
        if conversions.says_nothing(text) or text.lstrip().startswith(("[", "{", "(", '"', "'")):
            return text  # a list in another notation than JSON: its marks would become part of the names
        names = [part.strip() for part in text.split(",")] if self.item.is_name else []
        return [name for name in names if name] or [text]

    def inner(self, part: str | int) -> Kind:
        return self.item


class Mapped(Kind):
    """An object with any names and values of one kind."""

    rule = "must be an object"
    shape = "object"

    def __init__(self, value: Kind) -> None:
        self._value = value
        self.drops = value.drops

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        if isinstance(value, str):
            value = conversions.json_in(value, "{")
        if not isinstance(value, Mapping):
            return value
        return {name: self._value.read(one, at, reading) for name, one in value.items()}

    def inner(self, part: str | int) -> Kind:
        return self._value
