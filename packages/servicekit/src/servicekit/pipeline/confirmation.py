"""Consent to what cannot be undone: a preview of the exact effect, sealed, good once, for ten minutes, for one caller.

The sealed string travels through the client, so any replica can take it back. It holds what was asked and a digest of
what was shown; single use is enforced where the effect commits (`Attempt.consume`), and the effect happens only if a
fresh preview, taken under the write's own locks, still shows the same.
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
from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.journal.idempotency_key import arguments_digest
from servicekit.registry.operation import Operation
from servicekit.registry.preview import Preview

LIFETIME: Final = 600
"""Seconds within which a consent can be given."""
CONFIRMATION: Final = "consent"
"""The name of the question."""
CONFIRMATION_FORM: Final = {
    "type": "object",
    "properties": {"agree": {"type": "boolean", "title": "Do this", "description": "Nothing happens otherwise."}},
    "required": ["agree"],
}


class ConfirmationRequired(Exception):
    """Somebody has to agree first. Carries what to show them, and the sealed state that stands for it."""

    def __init__(self, preview: Preview, state: str) -> None:
        super().__init__(preview.effect)
        self.preview = preview
        self.state = state


class ConfirmedCall(Exception):
    """Somebody confirmed a call with its token, which stands for the whole call."""

    def __init__(self, operation: Operation, arguments: Mapping[str, Any], token: str) -> None:
        super().__init__(operation.name)
        self.operation = operation
        self.arguments = arguments
        self.token = token


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A consent under way.

    Attributes:
        tool: what it is to.
        arguments: the call's arguments, as JSON, so that the token alone can repeat the call.
        asked: digest of those arguments once validated.
        shown: digest of the preview that was shown.
        nonce: what makes it usable once.
    """

    tool: str
    arguments: dict[str, Any]
    asked: str
    shown: str
    nonce: str


class Confirmations:
    """Seals and opens the consents of one server."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._sealer = TokenSealer(keys, "consent")

    def seal(self, tool: str, arguments: Mapping[str, Any], preview: Preview, caller: Caller) -> str:
        """A token that stands for "do exactly this", for this caller."""
        content = {
            "tool": tool,
            "arguments": arguments,
            "asked": arguments_digest(arguments).hex(),
            "shown": digest_of(preview),
            "nonce": secrets.token_hex(16),
            "expires": time.time() + LIFETIME,
        }
        return self._sealer.seal(to_json(content), _context(caller))

    def open(self, token: str, caller: Caller) -> Confirmation:
        """What a token stands for.

        Raises:
            NotSealedHere: altered, another caller's, or older than ten minutes.
        """
        content = json.loads(self._sealer.open(token, _context(caller)))
        if content.pop("expires") < time.time():
            raise InvalidToken
        return Confirmation(**content)


def is_confirmed(answer: Mapping[str, Any]) -> bool:
    """Whether an answer to `CONFIRMATION_FORM` is a yes: the form was accepted, and its one box is ticked."""
    content = answer.get("content")
    return answer.get("action") == "accept" and isinstance(content, Mapping) and content.get("agree") is True


def digest_of(preview: Preview) -> str:
    """What a preview comes down to: any change of the record or of the effect gives another."""
    return hashlib.sha256(preview.model_dump_json().encode()).hexdigest()


def _context(caller: Caller) -> bytes:
    return to_json([caller.tenant, caller.subject, caller.client_id])
