"""Arguments and results of tools: validation, JSON Schemas, pages, untrusted text, attachments."""

from servicekit.schema.arguments import Method
from servicekit.schema.content import Audio, EmbeddedResource, Image, WithAttachments
from servicekit.schema.free_text import FreeText
from servicekit.schema.marks import Author, show, show_line
from servicekit.schema.pagination import CursorKey, Limit, Page
from servicekit.schema.record import Record
from servicekit.schema.results import Excerpt
from servicekit.schema.untrusted import OneLine, Untrusted

__all__ = [
    "Audio",
    "Author",
    "CursorKey",
    "EmbeddedResource",
    "Excerpt",
    "FreeText",
    "Image",
    "Limit",
    "Method",
    "OneLine",
    "Page",
    "Record",
    "Untrusted",
    "WithAttachments",
    "show",
    "show_line",
]
