"""Confirmation of destructive calls: a preview of the exact effect, and the person's agreement to it.

A client that can ask its user gets the confirmation sealed in the request state. Any other gets a short code, which
stands for the call in the journal, so that any replica finds it. Both are bound to one caller, to the arguments and to
a digest of the preview. They are used once, which is enforced where the effect commits (`Attempt.consume`), within ten
minutes, and only if a fresh preview, taken under the write's own locks, is still the same.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic_core import from_json, to_json

from servicekit.core.caller import Caller
from servicekit.core.errors import CallError, Refused
from servicekit.core.identity import ServerIdentity
from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.journal.idempotency_key import arguments_digest
from servicekit.journal.pending import LIFETIME, new_nonce
from servicekit.journal.protocol import Journal
from servicekit.pipeline.confirmation_code import code_of, new_symbols, symbols_of
from servicekit.registry.operation import Operation
from servicekit.registry.preview import Preview

CONFIRMATION: Final = "confirmation"
"""The name of the input request."""
CONFIRMATION_FORM: Final = {
    "type": "object",
    "properties": {"agree": {"type": "boolean", "title": "Do this", "description": "Nothing happens otherwise."}},
    "required": ["agree"],
}
_UNKNOWN_CODE: Final = (
    "No preview of yours has this code. Nothing was done. Copy the code of the preview exactly, or call the tool again "
    "for a new preview. A code is valid only for the caller that got it."
)
_EXPIRED_CODE: Final = (
    "This code expired: it is valid for ten minutes. Nothing was done. Call the tool again for a new preview."
)
_OTHER_VERSION: Final = (
    "This code comes from another version of this server. Nothing was done. Call the tool again for a new preview."
)


class ConfirmationRequired(CallError):
    """Nothing was done; the preview has to be confirmed first, by the sealed `state` or by the `code`."""

    outcome = "confirmation_required"

    def __init__(self, preview: Preview, *, state: str | None = None, code: "Code | None" = None) -> None:
        super().__init__(preview.effect)
        self.preview = preview
        self.state = state
        self.code = code


@dataclass(frozen=True, slots=True)
class Code:
    """A confirmation code: its text, the tool that takes it, and when it expires."""

    text: str
    tool: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The confirmation of one call.

    Attributes:
        tool: the tool's name.
        arguments: the call's arguments, as JSON, so that the confirmation alone can repeat the call.
        arguments_digest: digest of those arguments once validated.
        preview_digest: digest of the preview that was shown.
        nonce: identifies the confirmation, for single use.
    """

    tool: str
    arguments: dict[str, Any]
    arguments_digest: str
    preview_digest: str
    nonce: str


@dataclass(frozen=True, slots=True)
class ConfirmedCall:
    """A call that was confirmed by its code, which stands for the whole call."""

    operation: Operation
    confirmation: Confirmation


def confirmation_of(tool: str, arguments: Mapping[str, Any], preview: Preview) -> Confirmation:
    """A new confirmation, of exactly this call and this preview."""
    return Confirmation(
        tool=tool,
        arguments=from_json(to_json(arguments)),
        arguments_digest=arguments_digest(arguments).hex(),
        preview_digest=digest_of(preview),
        nonce=new_nonce(),
    )


class SealedConfirmations:
    """Seals confirmations in request states, and opens them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._sealer = TokenSealer(keys, "consent")

    def seal(self, confirmation: Confirmation, caller: Caller) -> str:
        """The state for this caller."""
        content = {**asdict(confirmation), "expires": time.time() + LIFETIME}
        return self._sealer.seal(to_json(content), _context(caller))

    def open(self, state: str, caller: Caller) -> Confirmation:
        """The confirmation in a state.

        Raises:
            InvalidToken: altered, sealed for another caller or by another version, or older than ten minutes.
        """
        content = json.loads(self._sealer.open(state, _context(caller)))
        try:
            expires, confirmation = content.pop("expires"), Confirmation(**content)
        except (KeyError, TypeError):  # replicas of two versions share keys during a rolling update
            raise InvalidToken from None
        if expires < time.time():
            raise InvalidToken
        return confirmation


class StoredConfirmations:
    """Keeps confirmations in the journal, by short codes."""

    def __init__(self, journal: Journal, identity: ServerIdentity) -> None:
        self._journal = journal
        self._identity = identity

    async def keep(self, confirmation: Confirmation, caller: Caller) -> Code:
        """Store it for this caller under a new code.

        Raises:
            Unavailable: it was not stored.
        """
        content = to_json(asdict(confirmation)).decode()
        symbols = new_symbols()
        while not await self._journal.keep_pending(caller, symbols, content):
            symbols = new_symbols()
        expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=LIFETIME)
        return Code(code_of(self._identity, symbols), self._identity.own_tool("confirm_action"), expires_at)

    async def find(self, code: str, caller: Caller) -> Confirmation:
        """The confirmation of a code.

        Raises:
            Refused: no code of this server and caller, expired, or too many wrong codes.
        """
        pending = await self._journal.find_pending(caller, symbols_of(code, self._identity))
        if pending is None:
            raise Refused(_UNKNOWN_CODE)
        if pending.expired:
            raise Refused(_EXPIRED_CODE)
        try:
            return Confirmation(**json.loads(pending.content))
        except TypeError:  # replicas of two versions share a store during a rolling update
            raise Refused(_OTHER_VERSION) from None


def is_confirmed(response: Mapping[str, Any]) -> bool:
    """Whether a response to `CONFIRMATION_FORM` confirms: the form was accepted, and its box is ticked."""
    content = response.get("content")
    return response.get("action") == "accept" and isinstance(content, Mapping) and content.get("agree") is True


def digest_of(preview: Preview) -> str:
    """A digest that changes with the record's version and with the effect."""
    return hashlib.sha256(preview.model_dump_json().encode()).hexdigest()


def _context(caller: Caller) -> bytes:
    return to_json([caller.tenant, caller.subject, caller.client_id])
