"""A JSON object that is encoded once and parsed only where a caller needs its members."""

from functools import cached_property
from typing import Any

from pydantic_core import from_json, to_json


class JsonObject:
    """One JSON object. The text for the model and the structured content of a result are these same bytes.

    Args:
        encoded: the object in UTF-8, without whitespace around it and without NaN or infinity.
    """

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded

    @classmethod
    def of(cls, members: dict[str, Any]) -> "JsonObject":
        """Encode `members`; NaN and infinity become null."""
        return cls(to_json(members, inf_nan_mode="null"))

    @cached_property
    def text(self) -> str:
        """The encoded object, as text for the model."""
        return self.encoded.decode()

    @cached_property
    def members(self) -> dict[str, Any]:
        """The parsed object. Changing it does not change `encoded`."""
        parsed: dict[str, Any] = from_json(self.encoded)
        return parsed

    def extended(self, **members: str) -> "JsonObject":
        """This object with further members at its end."""
        if not members:
            return self
        separator = b"" if self.encoded == b"{}" else b","
        return JsonObject(self.encoded[:-1] + separator + to_json(members)[1:])
