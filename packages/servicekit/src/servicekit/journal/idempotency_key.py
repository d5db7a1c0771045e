"""Idempotency keys, and the intent of a write, by which a repeated call is recognised."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field
from pydantic_core import to_json

from servicekit.core.caller import Caller
from servicekit.schema.argument_types import Identifier

IdempotencyKey = Annotated[
    str,
    Identifier(
        "8 to 128 letters, digits or punctuation without spaces, such as 9f86d081-884c-4d65-9a2f-6c1b8e0e2d11",
        "9f86d081-884c-4d65-9a2f-6c1b8e0e2d11",
        pattern=r"[\x21-\x7e]{8,128}",
    ),
    Field(description="New UUID; the same to retry."),
]
KEY_LIFETIME: Final = 48 * 3600
"""Seconds for which an idempotency key is stored."""
REPLAY_WINDOW: Final = 60
"""Seconds in which an identical call without a key counts as a retry."""


@dataclass(frozen=True, slots=True)
class Intent:
    """The identity of a write.

    Attributes:
        caller_key: separates the keys of different callers.
        key: the caller's idempotency key, or one derived from the arguments.
        digest: SHA-256 of the canonical arguments, to detect a key that is reused with other arguments.
        explicit: the caller sent the key.
    """

    tenant: str
    caller_key: str
    tool: str
    key: str
    digest: bytes
    explicit: bool

    @property
    def lifetime(self) -> int:
        """Seconds for which the recorded reply is replayed."""
        return KEY_LIFETIME if self.explicit else REPLAY_WINDOW

    @property
    def name(self) -> str:
        """The identity as one string, for locks and store keys."""
        return "\x1f".join((self.tenant, self.caller_key, self.tool, self.key))


def intent_of(caller: Caller, tool: str, arguments: Mapping[str, Any], key: str | None) -> Intent:
    """The intent of a call, from its validated arguments (without the idempotency key)."""
    digest = arguments_digest(arguments)
    return Intent(
        tenant=caller.tenant or "",
        caller_key=caller.key,
        tool=tool,
        key=f"key:{key}" if key is not None else f"same:{digest.hex()}",
        digest=digest,
        explicit=key is not None,
    )


def arguments_digest(arguments: Mapping[str, Any]) -> bytes:
    """SHA-256 over the arguments as JSON with sorted keys and shortest numbers, as in RFC 8785."""
    return hashlib.sha256(to_json(_sorted(arguments))).digest()


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value
