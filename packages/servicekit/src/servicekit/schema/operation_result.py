"""The serialised result of an operation."""

from dataclasses import dataclass, field
from typing import Any

from servicekit.schema.content import Attachment
from servicekit.schema.json_object import JsonObject


@dataclass(slots=True)
class OperationResult:
    """A serialised result.

    Attributes:
        text: the text for the model: the text of `json`, or plain text.
        json: the JSON object described by the output schema; None for plain text.
        next_key: the cursor key of the next page; None on the last.
        cut: the result was shortened to its byte budget.
        link: URI of the resource with the whole content.
        data: the bytes of a binary resource.
        mime_type: of a resource whose contents have a type of their own.
    """

    text: str
    json: JsonObject | None = None
    next_key: tuple[Any, ...] | None = None
    cut: bool = False
    notices: list[str] = field(default_factory=list[str])
    link: str | None = None
    attachments: tuple[Attachment, ...] = ()
    data: bytes | None = None
    mime_type: str | None = None

    @property
    def structured(self) -> dict[str, Any] | None:
        """The members of `json`."""
        return self.json.members if self.json is not None else None
