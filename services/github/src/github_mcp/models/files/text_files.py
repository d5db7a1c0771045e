"""The text in the bytes of a file, and back: a text that is written as it was read has the same bytes."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE, charmap_build, charmap_decode, charmap_encode
from dataclasses import dataclass, replace
from typing import Final

BINARY_CHECK: Final = 8000
"""Leading bytes in which a NUL marks a file as binary; git checks as many."""
_UTF16: Final = (
    (BOM_UTF16_LE, "utf-16-le", "UTF-16 (little endian)"),
    (BOM_UTF16_BE, "utf-16-be", "UTF-16 (big endian)"),
)
_UTF8: Final = "utf-8"
# Windows-1252 as browsers read it (WHATWG Encoding Standard): the five free bytes are control characters, so that every
# byte is one character and no byte is lost.
_CHARACTERS: Final = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(256))
_BYTES: Final = charmap_build(_CHARACTERS)
_CONTROLS: Final = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1a\x1b"})
"""Bytes that no 8-bit text has."""


class NotInEncoding(ValueError):
    """The encoding of a file lacks a character.

    Args:
        character: the first one that it lacks.
    """

    def __init__(self, character: str) -> None:
        super().__init__(f"U+{ord(character):04X}")


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file as text.

    Attributes:
        text: without its byte order mark.
        mark: the byte order mark, empty without one.
        codec: ``utf-8``, ``utf-16-le``, ``utf-16-be``, or empty for an 8-bit encoding read as Windows-1252.
        encoding: its name in words; None for UTF-8.
    """

    text: str
    mark: bytes = b""
    codec: str = _UTF8
    encoding: str | None = None

    def decoded(self, content: bytes) -> str:
        """A part of such a file, without its byte order mark.

        Raises:
            UnicodeDecodeError: it has another encoding.
        """
        return content.decode(self.codec) if self.codec else charmap_decode(content, "strict", _CHARACTERS)[0]

    def encoded(self, text: str) -> bytes:
        """A text in this encoding, without a byte order mark.

        Raises:
            NotInEncoding: the encoding lacks a character.
        """
        try:
            return text.encode(self.codec) if self.codec else charmap_encode(text, "strict", _BYTES)[0]
        except UnicodeEncodeError as error:
            raise NotInEncoding(text[error.start]) from None


EIGHT_BIT: Final = TextFile("", codec="", encoding="not UTF-8, read as Windows-1252")


def text_file(content: bytes) -> TextFile | None:
    """A file as text: UTF-8, UTF-16 with a byte order mark, or an 8-bit encoding; None for other bytes."""
    for mark, codec, words in _UTF16:
        if content.startswith(mark) and not content.startswith(BOM_UTF32_LE):
            return _with_text(TextFile("", mark, codec, words), content)
    if b"\0" in content[:BINARY_CHECK]:
        return None
    mark = BOM_UTF8 if content.startswith(BOM_UTF8) else b""
    found = _with_text(TextFile("", mark), content)
    if found is not None or len(content.translate(None, _CONTROLS)) < len(content):
        return found
    return _with_text(EIGHT_BIT, content)


def _with_text(form: TextFile, content: bytes) -> TextFile | None:
    """The form with the text of a file; None if the file has another form."""
    try:
        text = form.decoded(content[len(form.mark) :])
    except UnicodeDecodeError:
        return None
    return None if form.encoding and "\0" in text else replace(form, text=text)
