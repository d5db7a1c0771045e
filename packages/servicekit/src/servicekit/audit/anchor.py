"""The format of an anchor: signed JSON with the heads of the audit chains that a process advanced.

An anchor is kept outside of the trail, in the log and at the collector, so that entries deleted from the end of a chain
and whole deleted chains are found. The text is ASCII in one line, with sorted members and without spaces, so that it
survives every log format.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from servicekit.audit.anchor_keys import AnchorKeys, VerifyKeys
from servicekit.audit.heads import Head

START: Final = r'\{(\\*)"anchor\1":1,'
"""A pattern for the beginning of an anchor, also inside a JSON string. Group 1 has the escapes of its quotes."""
_PURPOSE: Final = "audit anchor"
_FIRST: Final = "0" * 64  # the previous hash of the first anchor of a process
_HASH: Final = r"^[0-9a-f]{64}$"
_MAX_HEADS: Final = 64
"""Heads in one anchor: container runtimes break lines at 16 KiB, and a head needs about 100 bytes."""
_MAX_CHAIN_BYTES: Final = 6000  # bytes of the chains' names in one anchor


class Anchor(BaseModel):
    """One anchor, as it was signed.

    Attributes:
        anchor: the version of the format.
        at: when it was written, RFC 3339 in UTC.
        final: the process stopped after it.
        heads: number and hash of the last entry of each chain that advanced since the previous anchor.
        instance: a random name of the process; `host` is the machine or pod it ran on.
        interval_ms: milliseconds to the next anchor.
        previous: SHA-256 of the text of the process's previous anchor, or zeros.
        sequence: the number of this anchor among those of the process, from 1.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    anchor: Literal[1]
    at: str
    final: bool
    heads: dict[str, tuple[int, str]]
    host: str
    instance: str
    interval_ms: int
    previous: str = Field(pattern=_HASH)
    sequence: int = Field(ge=1)
    service: str


class InvalidAnchor(ValueError):
    """The text is no anchor, or no known key signed it."""


def read_anchor(text: str, keys: VerifyKeys) -> tuple[Anchor, str]:
    """An anchor and its own hash, in hexadecimal digits.

    Raises:
        InvalidAnchor: it is damaged, or no known key signed it.
    """
    try:
        members = json.loads(text)
        signature = base64.b64decode(members.pop("signature"), validate=True)
        anchor = Anchor.model_validate_json(_canonical(members))
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidAnchor("is damaged") from error
    if not keys.verify(_PURPOSE, _canonical(members).encode(), signature):
        raise InvalidAnchor("is not signed by a known key")
    return anchor, _own_hash(text)


class AnchorSeries:
    """Writes the anchors of one process, each of which names the one before.

    Args:
        service, host, instance: what the anchors say of the process.
        interval: seconds between anchors.
    """

    def __init__(self, keys: AnchorKeys, *, service: str, host: str, instance: str, interval: float) -> None:
        self._keys = keys
        self._same = {
            "anchor": 1,
            "host": host,
            "instance": instance,
            "interval_ms": round(interval * 1000),
            "service": service,
        }
        self._sequence, self._previous = 0, _FIRST

    def texts(self, heads: Mapping[str, Head], *, final: bool) -> Iterator[str]:
        """The next anchors: one, or several if many chains advanced."""
        parts = list(_parts(heads)) or [{}]
        for index, part in enumerate(parts):
            self._sequence += 1
            members = {
                **self._same,
                "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "final": final and index == len(parts) - 1,
                "heads": {chain: [head.number, head.own.hex()] for chain, head in part.items()},
                "previous": self._previous,
                "sequence": self._sequence,
            }
            signature = self._keys.sign(_PURPOSE, _canonical(members).encode())
            text = _canonical({**members, "signature": base64.b64encode(signature).decode()})
            self._previous = _own_hash(text)
            yield text


def _parts(heads: Mapping[str, Head]) -> Iterator[dict[str, Head]]:
    waiting = iter(heads.items())
    while part := dict(islice(waiting, _MAX_HEADS)):
        while len(part) > 1 and len(json.dumps(list(part))) > _MAX_CHAIN_BYTES:
            half = len(part) // 2
            yield dict(islice(part.items(), half))
            part = dict(islice(part.items(), half, None))
        yield part


def _canonical(members: Mapping[str, Any]) -> str:
    return json.dumps(members, sort_keys=True, separators=(",", ":"))


def _own_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
