"""Signs and verifies files with a local key, as `cosign sign-blob --key` and `openssl dgst -sha256 -sign` do."""

import base64
import binascii
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from devkit.errors import DevkitError

_MAKE_KEY = "openssl ecparam -genkey -name prime256v1 -noout -out key.pem"


def sign(file: Path, key: Path) -> Path:
    """Write the signature of a file beside it: ECDSA over SHA-256, DER in base64.

    Args:
        key: an EC private key in PEM, without a password.

    Returns:
        The file with the signature, whose name ends in ``.sig``.

    Raises:
        DevkitError: the key cannot be used.
    """
    private = None
    with suppress(OSError, TypeError, ValueError):  # TypeError: the key has a password
        private = load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise DevkitError(f"{key} is no EC private key in PEM without a password. To make one: {_MAKE_KEY}")
    signature = file.with_name(f"{file.name}.sig")
    signature.write_bytes(base64.b64encode(private.sign(file.read_bytes(), ECDSA(SHA256()))) + b"\n")
    return signature


def verify(file: Path, key: Path) -> None:
    """Verify the signature that `sign` wrote beside a file.

    Args:
        key: the EC public key in PEM.

    Raises:
        DevkitError: the signature is missing, or is not of this file and key.
    """
    public = None
    with suppress(OSError, ValueError):
        public = load_pem_public_key(key.read_bytes())
    if not isinstance(public, EllipticCurvePublicKey):
        raise DevkitError(f"{key} is no EC public key in PEM. From a private key: openssl ec -in key.pem -pubout")
    signature = file.with_name(f"{file.name}.sig")
    try:
        public.verify(base64.b64decode(signature.read_bytes()), file.read_bytes(), ECDSA(SHA256()))
    except FileNotFoundError as missing:
        raise DevkitError(f"{missing.filename} is missing, so the release cannot be verified.", exit_code=1) from None
    except (InvalidSignature, binascii.Error):
        raise DevkitError(f"{signature.name} is not a signature of {file.name} by {key}.", exit_code=1) from None
