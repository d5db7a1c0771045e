"""A JSON object that is encoded once and parsed only where a caller needs its members."""

from typing import Any

from pydantic_core import from_json, to_json


class JsonObject:
    """One JSON object. The text for the model and the structured content of a result are these same bytes.

    Args:
        encoded: the object in UTF-8, without whitespace around it and without NaN or infinity.
    """

    __slots__ = ("_members", "_text", "encoded")

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded
        self._text: str | None = None
        self._members: dict[str, Any] | None = None

    @classmethod
    def of(cls, members: dict[str, Any]) -> "JsonObject":
        """Encode `members`; NaN and infinity become null."""
        return cls(to_json(members, inf_nan_mode="null"))

    @property
    def text(self) -> str:
        """The encoded object, as text for the model."""
        if self._text is None:
            self._text = self.encoded.decode()
        return self._text

    @property
    def members(self) -> dict[str, Any]:
        """The parsed object, parsed once. Changing it does not change `encoded`."""
        if self._members is None:
            self._members = from_json(self.encoded)
        return self._members

    def extended(self, **members: str) -> "JsonObject":
        """This object with further members at its end."""
        if not members:
            return self
        separator = b"" if self.encoded == b"{}" else b","
        return JsonObject(self.encoded[:-1] + separator + to_json(members)[1:])
