"""Whether the shared store lost its records: it was flushed, replaced, or came back with older data.

The store keeps an epoch: a random id, and a count that grows with every write. Each replica remembers both, beside its
audit file. A store with another id, or with a smaller count, has lost records since this replica last saw it. The loss
is written into the store, so that every replica knows it. A store that no replica knew before is new, and lost nothing.
An epoch that is damaged counts as a loss. A time that the store's clock has not reached, since it was set back, counts
as now. Replicas that know different counts notice one loss one after the other: the first notice gives its time.

A loss that nothing shows: replicas and the store are replaced together with the volumes of the audit files.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from servicekit.journal.idempotency_key import KEY_LIFETIME
from servicekit.storage.redis.store import RedisStore

_logger = logging.getLogger(__name__)

_SAME_LOSS: Final = 2
"""Seconds after a loss until which a replica may have seen the lost records: times are whole seconds, and replicas move
to a new primary within a second of each other."""
EPOCH_SCRIPT: Final = f"""
-- KEYS[1]: the epoch. ARGV: the id that this replica knows or '', the count that it knows, a new id, and the time
-- when it last read the epoch, or -1.
local function whole(text)
  return text and #text < 16 and string.match(text, '^%d+$') and tonumber(text) or nil
end
local function epoch()
  local now = tonumber(redis.call('TIME')[1])
  local stored = redis.pcall('HMGET', KEYS[1], 'id', 'count', 'began', 'lost')
  local id, count, began, lost = stored[1], whole(stored[2]), whole(stored[3]), whole(stored[4])
  local damaged = stored.err or id and not (string.match(id, '^%x+$') and count and began and (lost or not stored[4]))
  if damaged then redis.call('DEL', KEYS[1]) end
  if damaged or not id then
    id, count, began = ARGV[3], 0, now
    lost = (damaged or ARGV[1] ~= '') and now
    redis.call('HSET', KEYS[1], 'id', id, 'count', count, 'began', began)
  elseif ARGV[1] ~= '' and ARGV[1] ~= id then
    lost = lost or began
  elseif ARGV[1] == id and count < tonumber(ARGV[2]) then
    local seen = tonumber(ARGV[4])
    if not lost or seen < 0 or seen > lost + {_SAME_LOSS} then lost = now end
    count = tonumber(ARGV[2])
    redis.call('HSET', KEYS[1], 'count', count)
  end
  if lost and lost > now then lost = now end
  if lost and (damaged or lost ~= whole(stored[4])) then redis.call('HSET', KEYS[1], 'lost', lost) end
  return id, count, tonumber(lost or -1), now
end
"""
"""The beginning of each script that also reads the epoch, in the same round trip."""
_LOOK: Final = EPOCH_SCRIPT + "return {epoch()}"
_ID_BYTES: Final = 12
_COUNT_DIGITS: Final = 20
_MAX_LINES: Final = 1000
_NONE: Final = ("", 0)


class Loss(NamedTuple):
    """What is known of a loss of records, by the store's clock.

    Attributes:
        at: when the loss was noticed, in seconds since the epoch; None where no loss is known.
        now: the time of the reply.
    """

    at: int | None
    now: int

    def within(self, seconds: float) -> bool:
        """Whether records of that age may be missing."""
        return self.at is not None and self.now - self.at < seconds


class TagEpoch:
    """What one replica knows of the epoch beside the keys of one hash tag.

    Args:
        tag: the hash tag of the epoch's key, and of the keys that it is for.
        known, count: what is remembered; empty and 0 where nothing is.
        remember: called with the id and count when they change.
    """

    def __init__(self, tag: str, known: str, count: int, remember: Callable[[str, int], None]) -> None:
        self.prefix: Final = f"mcp:{tag}"
        self.key: Final = f"{self.prefix}:epoch"
        self.loss = Loss(None, 0)
        self._known, self._count, self._remember = known, count, remember
        self._seen = -1

    @property
    def arguments(self) -> list[str | int]:
        """The first arguments of a script that begins with `EPOCH_SCRIPT`."""
        return [self._known, self._count, secrets.token_hex(_ID_BYTES), self._seen]

    def understood(self, reply: Sequence[Any]) -> Loss:
        """What the reply of `epoch()` says. It is remembered."""
        identifier, count, lost, now = reply[0].decode(), int(reply[1]), int(reply[2]), int(reply[3])
        if identifier != self._known or count > self._count:  # replies may overtake one another
            self.recall(identifier, count)
            self._remember(identifier, count)
        before, self.loss = self.loss.at, Loss(lost if lost >= 0 else None, now)
        self._seen = max(self._seen, now)
        if self.loss.at not in (None, before) and self.loss.within(KEY_LIFETIME):
            _logger.warning("store lost its records", extra={"noticed_at": _shown(lost)})
        return self.loss

    def recall(self, identifier: str, count: int) -> None:
        """Take over what was remembered."""
        self._known, self._count = identifier, count


class StoreEpoch:
    """What one replica knows of the store's epochs: one, or on a Cluster one for each hash tag of the service's keys.

    A node of a Cluster can lose its records alone. Then the tags on that node show it, and only their keys are doubted.

    Args:
        service: separates services that share a store.
        audit: the replica's audit file; what is remembered stands beside it. None remembers in memory only.
    """

    def __init__(self, service: str, store: RedisStore, audit: Path | None = None) -> None:
        self._service, self._store = service, store
        self._path = audit.with_name(f"{audit.name}.store") if audit is not None else None
        self._look = store.script(_LOOK)
        tags = store.tags(service)
        self._parts: Final = {
            tag: TagEpoch(tag, *known, partial(self._write, place))
            for place, (tag, known) in enumerate(zip(tags, self._remembered(len(tags)), strict=True))
        }
        self._file: int | None = None

    def of(self, identity: str) -> TagEpoch:
        """The epoch for the keys of a caller, and their prefix."""
        return self._parts[self._store.tag(self._service, identity)]

    @property
    def parts(self) -> Sequence[TagEpoch]:
        """All of them."""
        return [*self._parts.values()]

    @property
    def warning(self) -> str | None:
        """For the health page, while the store may lack records that should stop a repetition."""
        loss = self._loss
        if loss.at is None or not loss.within(KEY_LIFETIME):
            return None
        hours, what = KEY_LIFETIME // 3600, "A node of the store" if len(self._parts) > 1 else "The store"
        return f"{what} lost its records, noticed at {_shown(loss.at)}. For {hours} hours, writes are doubted."

    def open(self) -> None:
        """Open the file beside the audit file.

        Raises:
            OSError: it cannot be written.
        """
        if self._path is not None and self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            for part, known in zip(self._parts.values(), self._remembered(len(self._parts)), strict=True):
                part.recall(*known)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    async def look(self) -> Loss:
        """Ask the store for every epoch. Returns the latest loss.

        Raises:
            Unavailable: it does not answer.
        """
        await asyncio.gather(*map(self._ask, self._parts.values()))
        return self._loss

    async def _ask(self, part: TagEpoch) -> None:
        command = self._look(keys=[part.key], args=part.arguments)
        part.understood(await self._store.run(command, name="EVALSHA"))

    @property
    def _loss(self) -> Loss:
        return max((part.loss for part in self._parts.values()), key=lambda loss: loss.at or 0)

    def _write(self, place: int, identifier: str, count: int) -> None:
        """Remember an epoch in the file, in its line."""
        if self._file is not None:
            line = f"{identifier:{2 * _ID_BYTES}.{2 * _ID_BYTES}} {count:0{_COUNT_DIGITS}}\n".encode()
            with suppress(OSError):  # the audit file on the same disk refuses the write
                os.pwrite(self._file, line, place * len(line))

    def _remembered(self, count: int) -> list[tuple[str, int]]:
        """The ids and counts in the file; empty where there are none.

        Where it was written for another number of epochs, the store is another one, which no id in it can match.
        """
        try:
            content = self._path.read_text(encoding="ascii") if self._path is not None else ""
        except (OSError, ValueError):
            content = ""
        lines = [_parsed(line) for line in content.splitlines()[:_MAX_LINES]]
        known = [*lines, *[_NONE] * count][:count]
        if len(lines) in (0, count):
            return known
        first = next((line for line in lines if line != _NONE), _NONE)
        return [line if line != _NONE else (first[0], 0) for line in known]


def _parsed(line: str) -> tuple[str, int]:
    try:
        identifier, count = line.replace("\0", " ").split()
        return identifier, int(count)
    except ValueError:
        return _NONE


def _shown(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
