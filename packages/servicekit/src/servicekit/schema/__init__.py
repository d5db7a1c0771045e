"""Arguments and results of tools: validation, JSON Schemas, pages, untrusted text, attachments."""

from servicekit.schema.arguments import Method
from servicekit.schema.columns import Columns
from servicekit.schema.content import Audio, EmbeddedResource, Image, WithAttachments
from servicekit.schema.on_request import OnRequest
from servicekit.schema.pagination import CursorKey, Limit, Page
from servicekit.schema.record import Record
from servicekit.schema.results import Excerpt
from servicekit.schema.untrusted import Untrusted, sanitise, without_invisible

__all__ = [
    "Audio",
    "Columns",
    "CursorKey",
    "EmbeddedResource",
    "Excerpt",
    "Image",
    "Limit",
    "Method",
    "OnRequest",
    "Page",
    "Record",
    "Untrusted",
    "WithAttachments",
    "sanitise",
    "without_invisible",
]
