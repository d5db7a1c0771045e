"""Arguments and results of tools: validation, JSON Schemas, pages, untrusted text, attachments."""

from servicekit.schema.argument_types import Clamped, Exact, Identifier, Searched, Splits, StandsAlone, StartOfDay
from servicekit.schema.arguments import Method
from servicekit.schema.columns import Columns
from servicekit.schema.content import Audio, EmbeddedResource, Image, TypedContents, WithAttachments
from servicekit.schema.described_object import DescribedObject
from servicekit.schema.free_text import FreeText
from servicekit.schema.line_endings import with_endings_of
from servicekit.schema.mail_address import EMAIL_PATTERN, mail_address
from servicekit.schema.marks import Author, show, show_line, show_verbatim
from servicekit.schema.missing import Missing, cut_notice
from servicekit.schema.on_request import OnRequest
from servicekit.schema.pagination import CursorKey, Limit, Page
from servicekit.schema.record import Record, to_the_second
from servicekit.schema.results import Excerpt
from servicekit.schema.text_edits import TextEdit, TextEdits, apply_edits
from servicekit.schema.time_zones import TimeZone, time_zone
from servicekit.schema.unknown_values import nearest, unknown_value
from servicekit.schema.untrusted import OneLine, Untrusted

__all__ = [
    "EMAIL_PATTERN",
    "Audio",
    "Author",
    "Clamped",
    "Columns",
    "CursorKey",
    "DescribedObject",
    "EmbeddedResource",
    "Exact",
    "Excerpt",
    "FreeText",
    "Identifier",
    "Image",
    "Limit",
    "Method",
    "Missing",
    "OnRequest",
    "OneLine",
    "Page",
    "Record",
    "Searched",
    "Splits",
    "StandsAlone",
    "StartOfDay",
    "TextEdit",
    "TextEdits",
    "TimeZone",
    "TypedContents",
    "Untrusted",
    "WithAttachments",
    "apply_edits",
    "cut_notice",
    "mail_address",
    "nearest",
    "show",
    "show_line",
    "show_verbatim",
    "time_zone",
    "to_the_second",
    "unknown_value",
    "with_endings_of",
]
