"""Intents of writes in Redis: claimed before the effect, replaced by the reply after it, doubted after a loss.

For two days after the store lost its records (`store_epoch`), a key that it does not know may be one that it forgot. A
tool with `recover` then looks for the effect first. Any other tool does nothing, and the caller gets a key that was
certainly not used, to go on with after a look at the current state.
"""

import asyncio
import json
import secrets
from dataclasses import dataclass, replace
from typing import Any, Final

from servicekit.core.errors import Refused
from servicekit.journal.effect_id import effect_id_of
from servicekit.journal.idempotency_key import KEY_LIFETIME, Intent
from servicekit.journal.pending import made_at
from servicekit.journal.protocol import RecordedResult
from servicekit.journal.store_epoch import EPOCH_SCRIPT, Loss, StoreEpoch
from servicekit.storage.redis.store import RedisStore

_ATTEMPT_TIMEOUT: Final = 60.0
"""Seconds after which the process of an attempt without a reply counts as dead."""
_POLL_INTERVAL: Final = 0.05  # seconds between checks of an intent that another call holds
# Compare and set. KEYS: the intent. ARGV: expected value, new value, seconds to keep it.
_COMPARE_AND_SET: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
# Claim an intent. KEYS: the epoch, the intent. ARGV: of the epoch, new value, seconds to keep it, seconds after a loss
# in which an intent that is not found may be one that was lost. Returns the stored value or what was done, the value's
# seconds to live, and the epoch.
_CLAIM: Final = (
    EPOCH_SCRIPT
    + """
local id, count, lost, now = epoch()
local content = redis.call('GET', KEYS[2])
if content then return {content, redis.call('TTL', KEYS[2]), id, count, lost, now} end
if lost >= 0 and now - lost < tonumber(ARGV[7]) then return {'lost', 0, id, count, lost, now} end
redis.call('SET', KEYS[2], ARGV[5], 'EX', ARGV[6])
return {'claimed', 0, id, redis.call('HINCRBY', KEYS[1], 'count', 1), lost, now}
"""
)
_OTHER_ARGUMENTS: Final = (
    "This idempotency_key was used for a call with other arguments, whose outcome is unknown. Nothing was done; send "
    "a new key for a new action."
)
_LOST: Final = (
    "This server's store lost its records {ago} ago, so whether an earlier call with this idempotency_key took effect "
    "is unknown. Nothing was done. Check the current state. To do it (again), call with idempotency_key {key}."
)
_JUST_LOST: Final = (
    "This server's store lost its records a moment ago, so whether the same call was made in the last minute is "
    "unknown. Nothing was done. Check the current state, then call again in {wait} s, or now with idempotency_key "
    "{key}."
)
_CONFIRMATION_LOST: Final = (
    "This server's store lost its records, so whether this confirmation was used is unknown. Nothing was done. Call "
    "the tool again for a new preview."
)
_UNKNOWN: Final = (
    "An earlier call with this key did not finish, and whether it took effect is unknown. Check the current state; to "
    "do it (again), call with a new idempotency_key."
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed intent.

    Attributes:
        loss: what the store may have lost.
        earlier: the recorded reply; then there is nothing to do.
        is_uncertain, settled_in: as in `protocol.Attempt`.
    """

    intent: Intent
    effect_id: str
    loss: Loss
    earlier: RecordedResult | None = None
    is_uncertain: bool = False
    settled_in: float = 0.0


class StoredIntents:
    """The intents of one service. Those of a caller share a hash tag with the epoch that each claim reads."""

    def __init__(self, store: RedisStore, epoch: StoreEpoch) -> None:
        self._store, self._epoch = store, epoch
        self._claim, self._compare_and_set = store.script(_CLAIM), store.script(_COMPARE_AND_SET)

    async def claim(self, intent: Intent, *, recoverable: bool) -> Claim:
        """Claim or take over the intent, waiting while another call holds it.

        Raises:
            Refused: the outcome of an earlier attempt is unknown, and the tool cannot recover it.
            Unavailable: the store is unavailable.
        """
        name, effect_id = self._name(intent), effect_id_of(intent)
        mine = _stored_state("under way", intent, effect_id)
        doubted = 0 if intent.explicit and recoverable else intent.lifetime
        while True:
            content, seconds_left, loss = await self._claimed(intent, mine, doubted)
            if content == b"claimed":
                return _new_claim(intent, effect_id, loss)
            if content == b"lost":
                raise Refused(await self._lost_words(intent, loss))
            state = json.loads(content)
            if "text" in state:
                return Claim(intent, effect_id, loss, _recorded(state))
            if _is_abandoned(state, seconds_left):
                if state["digest"] != intent.digest.hex():
                    raise Refused(_OTHER_ARGUMENTS)
                is_new = state["state"] == "allowed"
                if not recoverable and not is_new:
                    raise Refused(_UNKNOWN)
                kept = str(state["marker"])
                if await self._replace(name, content, _stored_state("under way", intent, kept)):
                    settled_in = 0.0 if is_new else _settled_in(loss)
                    return Claim(intent, kept, loss, is_uncertain=not is_new, settled_in=settled_in)
            await asyncio.sleep(_POLL_INTERVAL)

    async def release(self, claim: Claim) -> None:
        """Forget an intent that changed nothing, so that its key can be used again."""
        await self._store.run(self._store.redis.delete(self._name(claim.intent)), name="DEL")

    async def doubt(self, claim: Claim) -> None:
        """Record that the outcome of an attempt is unknown."""
        await self._write(claim.intent, _stored_state("unsure", claim.intent, claim.effect_id))

    async def keep(self, intent: Intent, recorded: RecordedResult) -> None:
        """Replace the intent with the reply."""
        content = {"digest": recorded.digest.hex(), "text": recorded.text, "structured": recorded.structured}
        command = self._store.redis.set(self._name(intent), json.dumps(content), ex=intent.lifetime)
        await self._store.run(command, name="SET")

    async def consume(self, claim: Claim, nonce: str) -> bool:
        """Mark a confirmation as used. False if it was used before.

        Raises:
            Refused: it was made before the store lost its records, which would say whether it was used.
        """
        if claim.loss.at is not None and made_at(nonce) < claim.loss.at:
            raise Refused(_CONFIRMATION_LOST)
        intent = claim.intent
        name = f"{self._epoch.of(intent.caller_key).prefix}:journal:consent:{intent.tenant}:{nonce}"
        command = self._store.redis.set(name, "used", nx=True, ex=KEY_LIFETIME)
        return bool(await self._store.run(command, name="SET"))

    async def _claimed(self, intent: Intent, mine: str, doubted: int) -> tuple[bytes, int, Loss]:
        """Claim an intent, in one round trip: what is stored, for how long, and what the store may have lost."""
        part = self._epoch.of(intent.caller_key)
        command = self._claim(keys=[part.key, self._name(intent)], args=[*part.arguments, mine, KEY_LIFETIME, doubted])
        content, seconds_left, *epoch = await self._store.run(command, name="EVALSHA")
        return content, int(seconds_left), part.understood(epoch)

    async def _lost_words(self, intent: Intent, loss: Loss) -> str:
        """The refusal of a write that may be among the lost records, with a key that certainly was not used."""
        key = f"checked-{secrets.token_hex(12)}"
        allowed = replace(intent, key=f"key:{key}", explicit=True)
        content = _stored_state("allowed", allowed, effect_id_of(allowed))
        await self._write(allowed, content)
        ago = loss.now - (loss.at or 0)
        if not intent.explicit:
            return _JUST_LOST.format(wait=intent.lifetime - ago, key=key)
        return _LOST.format(ago=f"{ago // 3600} hours" if ago >= 7200 else f"{ago // 60} minutes", key=key)

    async def _write(self, intent: Intent, content: str) -> None:
        await self._store.run(self._store.redis.set(self._name(intent), content, ex=KEY_LIFETIME), name="SET")

    async def _replace(self, name: str, old: Any, content: str) -> bool:
        """Replace the stored state if it is still `old`."""
        command = self._compare_and_set(keys=[name], args=[old, content, KEY_LIFETIME])
        return bool(await self._store.run(command, name="EVALSHA"))

    def _name(self, intent: Intent) -> str:
        return f"{self._epoch.of(intent.caller_key).prefix}:journal:intent:{intent.name}"


def _new_claim(intent: Intent, effect_id: str, loss: Loss) -> Claim:
    """The first attempt that the store knows. An earlier one may be among the lost records: it is looked for."""
    if not (intent.explicit and loss.within(intent.lifetime)):
        return Claim(intent, effect_id, loss)
    return Claim(intent, effect_id, loss, is_uncertain=True, settled_in=_settled_in(loss))


def _stored_state(state: str, intent: Intent, effect_id: str) -> str:
    """The stored state of an intent without a reply."""
    return json.dumps({"state": state, "marker": effect_id, "digest": intent.digest.hex()})


def _is_abandoned(state: dict[str, Any], seconds_left: int) -> bool:
    """Whether no attempt is under way any more."""
    return state["state"] != "under way" or seconds_left < KEY_LIFETIME - _ATTEMPT_TIMEOUT


def _settled_in(loss: Loss) -> float:
    """Seconds until every attempt has ended that was under way when the store lost its records."""
    return max(loss.at + _ATTEMPT_TIMEOUT - loss.now, 0.0) if loss.at is not None else 0.0


def _recorded(fields: dict[str, Any]) -> RecordedResult:
    return RecordedResult(bytes.fromhex(fields["digest"]), fields["text"], fields["structured"])
