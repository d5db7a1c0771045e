"""Strings that a client carries for us: opaque, tamper-proof, and worth nothing anywhere else.

AES-256-GCM under a key derived for one purpose. What a sealed string is bound to (tool, tenant, caller, arguments) is
the associated data, so it is not in the string and cannot be argued with.
"""

import base64
import binascii
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12  # bytes; NIST SP 800-38D §5.2.1.1


class InvalidToken(Exception):
    """The string was not sealed by this fleet, for this purpose, bound to this context."""


class TokenSealer:
    """Seals with the first secret, opens with any: replicas share them, and they rotate by adding in front.

    Args:
        secrets: at least one secret of 32 bytes or more.
        purpose: keeps strings of one kind from being used as another.
    """

    def __init__(self, secrets: Sequence[bytes], purpose: str) -> None:
        self._ciphers = [
            AESGCM(HKDF(hashes.SHA256(), 32, salt=None, info=f"servicekit/{purpose}".encode()).derive(secret))
            for secret in secrets
        ]

    def seal(self, content: bytes, context: bytes) -> str:
        """`content`, encrypted and bound to `context`, as URL-safe text."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._ciphers[0].encrypt(nonce, content, context)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, text: str, context: bytes) -> bytes:
        """The content of a sealed string.

        Raises:
            NotSealedHere: it was altered, made elsewhere, or bound to another context.
        """
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise InvalidToken from None
        if base64.urlsafe_b64encode(sealed).rstrip(b"=") != text.encode():
            raise InvalidToken  # one content, one spelling: what is single use cannot come again in another
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
            except (InvalidTag, ValueError):
                continue
        raise InvalidToken
