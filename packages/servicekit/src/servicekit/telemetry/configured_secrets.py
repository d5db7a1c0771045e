"""The secrets that this process is configured with: masked wherever they appear, whatever their form."""

import base64
import html
import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

from servicekit.telemetry.secret_forms import MASK

SHORTEST: Final = 8
"""Characters. A shorter value is not masked by itself: it would hide parts of ordinary words."""
KEPT: Final = 4
"""Values of a rotated secret that stay masked: calls, retries and log lines may still hold an earlier one."""
_SHORTEST_LINE: Final = 16  # characters of a line of a key in PEM


class ConfiguredSecrets:
    """The registered values, prepared for the search.

    Attributes:
        short_hex: one is hexadecimal and no longer than an id, so that ids have to be searched too.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._rotating: dict[str, tuple[str, ...]] = {}
        self._needles: tuple[str, ...] = ()
        self._shortest = SHORTEST
        self.short_hex = False

    def add(self, values: Iterable[str], longest_id: int) -> bool:
        """Register values; the credentials in URLs and the lines of keys on their own too. False if all are known."""
        parts = {part for value in values for part in _parts(value)} - self._values
        if not parts:
            return False
        self._values |= parts
        self._prepare(longest_id)
        return True

    def rotate(self, name: str, value: str, longest_id: int) -> bool:
        """Register the new value of a secret that changes. The last ones stay registered. False if it is known."""
        known = self._rotating.get(name, ())
        if value in known:
            return False
        self._rotating[name] = (value, *known)[:KEPT]
        self._prepare(longest_id)
        return True

    def _prepare(self, longest_id: int) -> None:
        rotating = {part for values in self._rotating.values() for value in values for part in _parts(value)}
        needles = {needle for value in self._values | rotating for needle in _spellings(value)}
        self._needles = (*sorted(needles, key=len, reverse=True),)  # the whole before its parts
        self._shortest = min(map(len, needles), default=SHORTEST)
        self.short_hex = any(len(one) <= longest_id and _is_hex(one) for one in needles)

    def found_in(self, text: str) -> bool:
        """Whether `text` holds one."""
        return len(text) >= self._shortest and any(needle in text for needle in self._needles)

    def masked(self, text: str) -> str:
        """`text` with each of them masked."""
        if len(text) < self._shortest:
            return text
        for needle in self._needles:
            if needle in text:
                text = text.replace(needle, MASK)
        return text


def _parts(value: str) -> set[str]:
    """A configured value, and what is secret in it: the password of a URL, the lines of a key."""
    parts = {value, *(line for line in value.splitlines() if len(line) >= _SHORTEST_LINE and " " not in line)}
    if "://" in value:
        try:
            url = urlsplit(value)
        except ValueError:  # such as [ in a password: its reader registers the password
            return parts
        parts = {value} if url.password or url.query else set()
        names = {url.username, url.hostname, url.path.strip("/")}
        if url.password and url.password not in names:  # a password equal to a name would hide the name
            parts |= {url.password, unquote(url.password)}
    return {part for part in parts if len(part) >= SHORTEST}


def _spellings(value: str) -> set[str]:
    """How a value may be written: as it is, in JSON and JSON inside of it, in Python's notation and HTML, as UTF-8 read
    as Latin-1, in forms with + for each space, and short ones in base64.

    `redaction` decodes URL encoding, and base64 and hexadecimal of longer values.
    """
    encoded = value.encode("utf-8", "surrogatepass")
    escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    spellings = {value, *escaped, *(json.dumps(one)[1:-1] for one in escaped), repr(value)[1:-1], repr(encoded)[2:-1]}
    spellings |= {encoded.decode("latin-1"), html.escape(value), value.replace(" ", "+")}
    for before in range(3):
        first = -(-before * 8 // 6)  # characters that hold bits of what stands before
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            spelling = encode(bytes(before) + encoded)[first : (before + len(encoded)) * 8 // 6].decode()
            spellings.add(spelling)
    return {one for one in spellings if len(one) >= SHORTEST} | {encoded.hex(), encoded.hex().upper()}


def _is_hex(text: str) -> bool:
    return set(text) <= set("0123456789abcdef-")
