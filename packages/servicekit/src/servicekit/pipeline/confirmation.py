"""Confirmation of destructive calls: a preview of the exact effect, sealed in a token for one caller.

The token travels through the client, so any replica can open it. It holds the arguments and a digest of the preview.
It is used once, which is enforced where the effect commits (`Attempt.consume`), within ten minutes, and only if a
fresh preview, taken under the write's own locks, is still the same.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json

from servicekit.core.caller import Caller
from servicekit.core.errors import CallError
from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.journal.idempotency_key import arguments_digest
from servicekit.registry.operation import Operation
from servicekit.registry.preview import Preview

LIFETIME: Final = 600
"""Seconds within which a preview can be confirmed."""
CONFIRMATION: Final = "confirmation"
"""The name of the input request."""
CONFIRMATION_FORM: Final = {
    "type": "object",
    "properties": {"agree": {"type": "boolean", "title": "Do this", "description": "Nothing happens otherwise."}},
    "required": ["agree"],
}


class ConfirmationRequired(CallError):
    """Nothing was done; the preview has to be confirmed first. `state` is the sealed token that stands for the call,
    and `tool` the name of the tool that takes it."""

    outcome = "confirmation_required"

    def __init__(self, preview: Preview, state: str, tool: str) -> None:
        super().__init__(preview.effect)
        self.preview = preview
        self.state = state
        self.tool = tool


@dataclass(frozen=True, slots=True)
class ConfirmedCall:
    """A call that was confirmed by its token, which stands for the whole call."""

    operation: Operation
    arguments: Mapping[str, Any]
    token: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An opened token.

    Attributes:
        tool: the tool's name.
        arguments: the call's arguments, as JSON, so that the token alone can repeat the call.
        arguments_digest: digest of those arguments once validated.
        preview_digest: digest of the preview that was shown.
        nonce: identifies the token, for single use.
    """

    tool: str
    arguments: dict[str, Any]
    arguments_digest: str
    preview_digest: str
    nonce: str


class Confirmations:
    """Seals and opens the confirmation tokens of one server.

    Args:
        tool: the name of the tool that takes them.
    """

    def __init__(self, keys: Sequence[bytes], tool: str) -> None:
        self._sealer = TokenSealer(keys, "consent")
        self.tool: Final = tool

    def seal(self, tool: str, arguments: Mapping[str, Any], preview: Preview, caller: Caller) -> str:
        """A token for exactly this call of this caller."""
        content = {
            "tool": tool,
            "arguments": arguments,
            "arguments_digest": arguments_digest(arguments).hex(),
            "preview_digest": digest_of(preview),
            "nonce": secrets.token_hex(16),
            "expires": time.time() + LIFETIME,
        }
        return self._sealer.seal(to_json(content), _context(caller))

    def open(self, token: str, caller: Caller) -> Confirmation:
        """The content of a token.

        Raises:
            InvalidToken: altered, sealed for another caller or by another version, or older than ten minutes.
        """
        content = json.loads(self._sealer.open(token, _context(caller)))
        try:
            expires, confirmation = content.pop("expires"), Confirmation(**content)
        except (KeyError, TypeError):  # replicas of two versions share keys during a rolling update
            raise InvalidToken from None
        if expires < time.time():
            raise InvalidToken
        return confirmation


def is_confirmed(response: Mapping[str, Any]) -> bool:
    """Whether a response to `CONFIRMATION_FORM` confirms: the form was accepted, and its box is ticked."""
    content = response.get("content")
    return response.get("action") == "accept" and isinstance(content, Mapping) and content.get("agree") is True


def digest_of(preview: Preview) -> str:
    """A digest that changes with the record's version and with the effect."""
    return hashlib.sha256(preview.model_dump_json().encode()).hexdigest()


def _context(caller: Caller) -> bytes:
    return to_json([caller.tenant, caller.subject, caller.client_id])
