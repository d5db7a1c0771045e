"""Arguments and results of tools: validation, JSON Schemas, pages, untrusted text, attachments."""

from servicekit.schema.arguments import Method
from servicekit.schema.columns import Columns
from servicekit.schema.content import Audio, EmbeddedResource, Image, WithAttachments
from servicekit.schema.line_endings import with_endings_of
from servicekit.schema.missing import Missing, cut_notice
from servicekit.schema.pagination import CursorKey, Limit, Page
from servicekit.schema.record import Record
from servicekit.schema.results import Excerpt
from servicekit.schema.text_edits import TextEdit, TextEdits, apply_edits
from servicekit.schema.unknown_values import unknown_value
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
    "Missing",
    "Page",
    "Record",
    "TextEdit",
    "TextEdits",
    "Untrusted",
    "WithAttachments",
    "apply_edits",
    "cut_notice",
    "sanitise",
    "unknown_value",
    "with_endings_of",
    "without_invisible",
]
