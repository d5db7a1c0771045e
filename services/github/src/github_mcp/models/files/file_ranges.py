"""Parts of a file that arrives in pieces: some lines or bytes are kept, and never the whole file."""

from typing import Final

from github_mcp.models.excerpts import BUDGET, Part, part_from
from github_mcp.models.files.text_files import BINARY_CHECK, EIGHT_BIT, TextFile, text_file

LARGEST_PART: Final = 24 * 1024
"""Bytes of a part that is read by bytes; base64 makes 32 KiB of them."""


class Received:
    """What has arrived so far: its size, and the leading bytes, which tell text from other content."""

    def __init__(self) -> None:
        self.size = 0
        self.head = b""
        self._is_inside_line = False

    def feed(self, piece: bytes) -> bool:
        """Take the next bytes; False if no more are needed."""
        raise NotImplementedError

    def _note(self, piece: bytes) -> int:
        """Count a piece; returns the position at which it begins."""
        start, self.size = self.size, self.size + len(piece)
        if start < BINARY_CHECK:
            self.head += piece[: BINARY_CHECK - start]
        self._is_inside_line = not piece.endswith(b"\n")
        return start

    def form(self) -> TextFile | None:
        """The form of the file, as far as its leading bytes tell it; None for a binary file."""
        return text_file(_without_broken_end(self.head))


class LinesOf(Received):
    """Keeps the lines from `first` to `last` of a file, as far as they fit a result."""

    def __init__(self, first: int, last: int | None) -> None:
        super().__init__()
        self._first, self._last = first, last
        self._line = 1  # the line in which the next piece begins
        self.offset = 0
        """Position of the first byte kept."""
        self._kept = bytearray()

    def feed(self, piece: bytes) -> bool:
        """Take the next bytes; False if no more are needed."""
        start = self._note(piece)
        skipped = 0
        if self._line + (lines := piece.count(b"\n")) < self._first:  # at once: a piece may be nothing but lines
            self._line += lines
            return True
        while self._line < self._first and skipped < len(piece):
            after = piece.find(b"\n", skipped) + 1
            skipped = after or len(piece)
            self._line += after > 0
        if self._line < self._first or skipped == len(piece):
            return True
        if not self._kept:
            self.offset = start + skipped
        self._kept += piece[skipped : skipped + BUDGET + 4 - len(self._kept)]
        lines = self._kept.count(b"\n")
        is_whole = self._last is not None and lines > self._last - self._first
        return not is_whole and len(self._kept) < BUDGET + 4

    def part(self, form: TextFile, *, is_ended: bool) -> tuple[TextFile, Part]:
        """The lines, and the form in which they were read: that of the file's beginning, if it fits.

        Args:
            is_ended: the whole file has arrived.
        """
        kept = bytes(self._kept)
        if self.offset == 0:
            kept = kept.removeprefix(form.mark)
        if not is_ended:
            kept = _without_broken_end(kept)
        try:
            text = form.decoded(kept)
        except UnicodeDecodeError:
            form = EIGHT_BIT
            text = form.decoded(kept)
        part = part_from(text, 1, last=None if self._last is None else self._last - self._first + 1)
        before = self._first - 1
        known = before + part.total if kept else self._line - 1 + self._is_inside_line
        return form, Part(part.text, self._first, before + part.last, known, part.is_broken, not is_ended)


class BytesOf(Received):
    """Keeps the bytes from position `first` to `last`, at most `LARGEST_PART`."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__()
        self.first, self._end = first, min(last + 1, first + LARGEST_PART)
        self.kept = b""

    def feed(self, piece: bytes) -> bool:
        """Take the next bytes; False if no more are needed."""
        start = self._note(piece)
        self.kept += piece[max(self.first - start, 0) : max(self._end - start, 0)]
        return self.size < max(self._end, BINARY_CHECK)


def _without_broken_end(content: bytes) -> bytes:
    """Without the beginning of a UTF-8 character at the end (RFC 3629: at most four bytes)."""
    for length in (1, 2, 3):
        if len(content) >= length and content[-length] >= 0xC0:
            expected = 2 + (content[-length] >= 0xE0) + (content[-length] >= 0xF0)
            return content[:-length] if length < expected else content
    return content
