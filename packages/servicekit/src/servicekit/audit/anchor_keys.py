"""The keys that sign the anchors, cuts and exports of an audit trail: Ed25519, derived from configured secrets.

The service signs; the public key alone verifies, so that an auditor needs no secret (`<name>-mcp audit key`).
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from servicekit.settings.service import ServiceSettings

_PREFIX: Final = "ed25519:"
_KEY_BYTES: Final = 32
_INFO: Final = b"mcp-fleet audit anchors"  # separates these keys from others that use the same secret (RFC 5869 §3.2)


class InvalidPublicKey(ValueError):
    """The text of a public key cannot be read."""


class VerifyKeys:
    """Verifies signatures with public keys.

    Args:
        public_keys: each as ``ed25519:`` and the 32 bytes of the key in base64.

    Raises:
        InvalidPublicKey: a text is not such a key.
    """

    def __init__(self, public_keys: Sequence[str]) -> None:
        self.public_keys: Final = tuple(public_keys)
        self._keys = [_parsed(text) for text in public_keys]

    def verify(self, purpose: str, content: bytes, signature: bytes) -> bool:
        """Whether one of the keys signed `content` for `purpose`."""
        message = _message(purpose, content)
        return any(_is_valid(key, signature, message) for key in self._keys)


class AnchorKeys(VerifyKeys):
    """Signs with the first key, and verifies with all of them.

    Args:
        secrets: one or more, of 32 characters or more each. To rotate, put a new one in front.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        keys = [_private_key(secret) for secret in secrets]
        self._signer = keys[0]
        super().__init__([_text(key.public_key()) for key in keys])

    @property
    def public_key(self) -> str:
        """The public key of new signatures."""
        return self.public_keys[0]

    def sign(self, purpose: str, content: bytes) -> bytes:
        """The signature of `content`, 64 bytes, which is valid for `purpose` only."""
        return self._signer.sign(_message(purpose, content))


def anchor_keys_of(settings: ServiceSettings) -> AnchorKeys | None:
    """The keys of a service, if they are configured."""
    secrets = [key.get_secret_value() for key in settings.audit_anchor_keys]
    return AnchorKeys(secrets) if secrets else None


def _private_key(secret: str) -> Ed25519PrivateKey:
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_INFO).derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def _message(purpose: str, content: bytes) -> bytes:
    """What is signed. It has a fixed length, so that content may be as long as an export."""
    return purpose.encode() + b"\0" + hashlib.sha256(content).digest()


def _text(key: Ed25519PublicKey) -> str:
    return _PREFIX + base64.b64encode(key.public_bytes_raw()).decode()


def _parsed(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip().removeprefix(_PREFIX), validate=True))
    except (binascii.Error, ValueError) as error:
        raise InvalidPublicKey(f"write a public key as `audit key` prints it, such as {_PREFIX}MCowBQ...") from error


def _is_valid(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
