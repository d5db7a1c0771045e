"""Sealed tokens: encrypted strings that clients hold and return, such as cursors and confirmations.

AES-256-GCM with a key derived per purpose. The context of a token (tool, tenant, caller, arguments) is the associated
data: it is not in the token, and a token is invalid in any other context.
"""

import base64
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12  # bytes; NIST SP 800-38D §5.2.1.1


class InvalidToken(Exception):
    """The token was altered, or sealed elsewhere, for another purpose or in another context."""


class TokenSealer:
    """Seals tokens with the first secret and opens them with any, so that secrets can be rotated.

    Args:
        secrets: one or more secrets of at least 32 bytes, the same on every replica.
        purpose: the kind of token; each kind has its own keys.
    """

    def __init__(self, secrets: Sequence[bytes], purpose: str) -> None:
        self._ciphers = [
            AESGCM(HKDF(hashes.SHA256(), 32, salt=None, info=f"servicekit/{purpose}".encode()).derive(secret))
            for secret in secrets
        ]

    def seal(self, content: bytes, context: bytes) -> str:
        """`content` encrypted and bound to `context`, as URL-safe text."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._ciphers[0].encrypt(nonce, content, context)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, text: str, context: bytes) -> bytes:
        """The content of a token.

        Raises:
            InvalidToken: it was not sealed here, for this purpose and context.
        """
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            raise InvalidToken from None
        if base64.urlsafe_b64encode(sealed).rstrip(b"=") != text.encode():
            raise InvalidToken  # only the canonical spelling, so that a single-use token cannot be replayed in another
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
            except (InvalidTag, ValueError):
                continue
        raise InvalidToken
