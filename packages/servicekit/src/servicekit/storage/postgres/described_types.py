"""The types that the server describes for a statement, on connections that parse a statement again for each run.

The driver keeps the types of a statement, and reads rows by them. A statement with a name fails once the types have
changed ("cached plan must not change result type"). One that is parsed again succeeds, and the driver would misread its
rows. So the server describes each run, in the same round trip, and the description is read on its way to the driver.
"""

import asyncio
import struct
from typing import Any, Final

_BEFORE: Final = b"12CNSA"  # of what was sent ahead, and notices
_HEADER: Final = 5  # bytes: the kind and the length of a message

Types = tuple[list[int], list[int]]
"""The object identifiers of the types of the parameters and of the columns."""


class DescribedTypes(asyncio.Protocol):
    """Stands between a transport and the driver's protocol, and passes on everything."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._pending: bytes | None = None
        self._parameters: list[int] = []
        self.types: Types | None = None
        """Of the last statement; None where the server described none."""

    def expect(self) -> None:
        """The next replies describe a statement. Call it between two requests."""
        self._pending, self.types = b"", None

    def data_received(self, data: bytes) -> None:
        if self._pending is not None:
            self._read(self._pending + data)
        self._driver.data_received(data)

    def eof_received(self) -> bool | None:
        return self._driver.eof_received()  # type: ignore[no-any-return]

    def connection_lost(self, exc: Exception | None) -> None:
        self._driver.connection_lost(exc)

    def pause_writing(self) -> None:
        self._driver.pause_writing()

    def resume_writing(self) -> None:
        self._driver.resume_writing()

    def _read(self, data: bytes) -> None:
        """Read messages up to the description of the columns, or to an error."""
        start = 0
        while len(data) >= start + _HEADER:
            kind, end = data[start : start + 1], start + 1 + struct.unpack_from("!i", data, start + 1)[0]
            if len(data) < end:
                break
            if kind == b"t":
                (count,) = struct.unpack_from("!h", data, start + _HEADER)
                self._parameters = list(struct.unpack_from(f"!{count}I", data, start + _HEADER + 2))
            elif kind in (b"T", b"n"):
                self.types = (self._parameters, _columns(data, start + _HEADER) if kind == b"T" else [])
            if kind not in _BEFORE and kind != b"t":
                self._pending = None
                return
            start = end
        self._pending = data[start:]


def _columns(data: bytes, start: int) -> list[int]:
    """The types in a RowDescription: a name, table (4 bytes), column (2), type (4), size, modifier and format (8)."""
    (count,) = struct.unpack_from("!h", data, start)
    types, start = list[int](), start + 2
    for _ in range(count):
        start = data.index(b"\0", start) + 1
        types += struct.unpack_from("!I", data, start + 6)
        start += 18
    return types
