"""Whether the shared store lost its records: it was flushed, replaced, or came back with older data.

The store keeps an epoch: a random id, and a count that grows with every write. Each replica remembers both, beside its
audit file. A store with another id, or with a smaller count, has lost records since this replica last saw it. The loss
is written into the store, so that every replica knows it. A store that no replica knew before is new, and lost nothing.
An epoch that is damaged counts as a loss. A time that the store's clock has not reached, since it was set back, counts
as now.

A loss that nothing shows: replicas and the store are replaced together with the volumes of the audit files.
"""

import logging
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from servicekit.journal.idempotency_key import KEY_LIFETIME
from servicekit.storage.redis import RedisStore

_logger = logging.getLogger(__name__)

EPOCH_SCRIPT: Final = """
-- KEYS[1]: the epoch. ARGV: the id that this replica knows or '', the count that it knows, a new id.
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
    count, lost = tonumber(ARGV[2]), now
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


class StoreEpoch:
    """What one replica knows of the store's epoch.

    Args:
        service: separates services that share a store.
        audit: the replica's audit file; what is remembered stands beside it. None remembers in memory only.
    """

    def __init__(self, service: str, store: RedisStore, audit: Path | None = None) -> None:
        self.key: Final = f"mcp:{{{service}}}:epoch"
        self._store = store
        self._path = audit.with_name(f"{audit.name}.store") if audit is not None else None
        self._look: Any = store.redis.register_script(_LOOK)
        self._known, self._count = self._remembered()
        self._file: int | None = None
        self._loss = Loss(None, 0)

    @property
    def warning(self) -> str | None:
        """For the health page, while the store may lack records that should stop a repetition."""
        if self._loss.at is None or not self._loss.within(KEY_LIFETIME):
            return None
        hours = KEY_LIFETIME // 3600
        return f"The store lost its records, noticed at {_shown(self._loss.at)}. For {hours} hours, writes are doubted."

    @property
    def arguments(self) -> list[str | int]:
        """The first arguments of a script that begins with `EPOCH_SCRIPT`."""
        return [self._known, self._count, secrets.token_hex(_ID_BYTES)]

    def open(self) -> None:
        """Open the file beside the audit file.

        Raises:
            OSError: it cannot be written.
        """
        if self._path is not None and self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._known, self._count = self._remembered()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    async def look(self) -> Loss:
        """Ask the store.

        Raises:
            Unavailable: it does not answer.
        """
        return self.understood(await self._store.run(self.looking(), name="EVALSHA"))

    def looking(self, client: Any = None) -> Any:
        """The command that asks the store; `client` is a pipeline to add it to."""
        return self._look(keys=[self.key], args=self.arguments, client=client)

    def understood(self, reply: Sequence[Any]) -> Loss:
        """What the reply of `epoch()` says. It is remembered."""
        identifier, count, lost, now = reply
        self._remember(identifier.decode(), int(count))
        before, self._loss = self._loss.at, Loss(int(lost) if lost >= 0 else None, int(now))
        if self._loss.at not in (None, before) and self._loss.within(KEY_LIFETIME):
            _logger.warning("store lost its records", extra={"noticed_at": _shown(int(lost))})
        return self._loss

    def _remember(self, identifier: str, count: int) -> None:
        if identifier == self._known and count <= self._count:
            return  # replies may overtake one another
        self._known, self._count = identifier, count
        if self._file is not None:
            with suppress(OSError):  # the audit file on the same disk refuses the write
                os.pwrite(self._file, f"{identifier} {count:0{_COUNT_DIGITS}}\n".encode(), 0)

    def _remembered(self) -> tuple[str, int]:
        """The id and count in the file; empty where there are none."""
        try:
            identifier, count = self._path.read_text(encoding="ascii").split() if self._path is not None else ("", "0")
            return identifier, int(count)
        except (OSError, ValueError):
            return "", 0


def _shown(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
