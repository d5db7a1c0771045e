"""Untrusted text from outside: sanitised and fenced for the model, to counter prompt injection.

A field is marked where it is declared, and its serialiser does the rest::

    CustomerText = Annotated[str, Untrusted("customer")]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa"
    "\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f3fa\U0001f400-\U0001faff"  # without skin tones, which only follow an emoji
)
# The three subdivision flags that keyboards offer (Unicode TR51); any other run of tag characters can hide text.
_TAG_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U00013430-\U0001343f"
)
_JOINING = "\u0600-\u061b\u061d-\u08ff\u0900-\u0dff"  # without U+061C, which changes the text direction
# Invisible characters to keep: in emoji sequences, and one joiner between two letters of a script that is written with
# it (Persian, Hindi …).
_KEEP_OR_STRIP = re.compile(
    f"(?P<keep>{_TAG_FLAGS}"
    f"|(?:[{_EMOJI}]\ufe0f?[\U0001f3fb-\U0001f3ff]?)(?:\u200d[{_EMOJI}]\ufe0f?[\U0001f3fb-\U0001f3ff]?)*"
    "|[0-9#*]\ufe0f\u20e3"
    f"|[{_JOINING}][\u200c\u200d](?=[{_JOINING}]))"
    f"|[{_INVISIBLE}]+"
)
# Markdown links and images, and raw HTML: escaped, so that they are shown as text and load nothing. Our fence tag with
# spaces in it is not HTML, but a model may still read it as the tag.
_MARKDOWN = re.compile(r"\](?=[(\[:])|<(?=[A-Za-z/!?]|\s+/|(?i:\s+user_content))")
_FENCE_TAG = re.compile(r"<(?=\s*/?\s*(?i:user_content))")
_SUSPICIOUS = re.compile(f"[{_INVISIBLE}<]|\\][(\\[:]")


def _escape(match: re.Match[str]) -> str:
    return "&lt;" if match[0] == "<" else "]\\"


def without_invisible(text: str) -> str:
    """`text` without invisible, bidirectional and tag characters. Emoji stay whole."""
    return _KEEP_OR_STRIP.sub(lambda match: match["keep"] or "", text)


def sanitise(text: str) -> str:
    """`text` without invisible characters, and with Markdown links, images and HTML escaped."""
    if _SUSPICIOUS.search(text) is None:
        return text
    return _MARKDOWN.sub(_escape, without_invisible(text))


def visible(text: str) -> str:
    """`text` for a person who agrees to it: invisible characters as ⟦U+200B⟧, and Markdown and HTML inert."""
    if _SUSPICIOUS.search(text) is None:
        return text
    return _MARKDOWN.sub(_escape, _KEEP_OR_STRIP.sub(lambda match: match["keep"] or _codes(match[0]), text))


def _codes(characters: str) -> str:
    return "".join(f"⟦U+{ord(character):04X}⟧" for character in characters)


def sanitise_verbatim(text: str) -> str:
    """`text` without invisible characters, and with the fence tag escaped. For code, which may be written back."""
    if _SUSPICIOUS.search(text) is None:
        return text
    return _FENCE_TAG.sub("&lt;", _KEEP_OR_STRIP.sub(lambda match: match["keep"] or "", text))


@dataclass(frozen=True, slots=True)
class Untrusted:
    """Annotation of a `str` field with untrusted text.

    Args:
        source: its author or origin, in a word (``customer``, ``requester``, ``repository``).
        verbatim: for code, diffs and logs: leaves Markdown and HTML as they are.
    """

    source: str
    verbatim: bool = False

    def fence(self, text: str) -> str:
        """`text`, sanitised, between tags that it cannot contain."""
        clean = sanitise_verbatim(text) if self.verbatim else sanitise(text)
        return f'<user_content source="{self.source}">{clean}</user_content>'

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        serialization = core_schema.plain_serializer_function_ser_schema(
            self.fence, return_schema=core_schema.str_schema()
        )
        if source is not str:
            raise TypeError(f"Untrusted annotates str, not {source!r}: write Annotated[str, Untrusted(…)] | None")
        return core_schema.no_info_after_validator_function(str, handler(source), serialization=serialization)


def untrusted_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Paths of the `Untrusted` fields of a model and its nested models, such as ``items[].note``."""
    for name, info in model.model_fields.items():
        if any(isinstance(mark, Untrusted) for mark in info.metadata):
            yield f"{prefix}{name}"
        else:
            yield from _paths_of(info.annotation, f"{prefix}{name}")


def _paths_of(annotation: Any, path: str) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from untrusted_paths(annotation, f"{path}.")
        return
    if get_origin(annotation) is Annotated:
        annotation, *annotations = get_args(annotation)
        if any(isinstance(mark, Untrusted) for mark in annotations):
            yield path
            return
    repeated = get_origin(annotation) in (list, tuple, set, frozenset)
    for inner in dict.fromkeys(get_args(annotation)):
        if inner is not Ellipsis:
            yield from _paths_of(inner, f"{path}[]" if repeated else path)
