"""Anchor keys, heads and cuts."""

from datetime import UTC, datetime

import pytest

from servicekit.audit.anchor_keys import AnchorKeys, InvalidPublicKey, VerifyKeys
from servicekit.audit.cuts import Cut, signed_cut
from servicekit.audit.heads import Head, Heads

OLD, NEW = "old" * 11, "new" * 11
AT = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)


def test_public_key_alone_verifies() -> None:
    keys = AnchorKeys([NEW])
    signature = keys.sign("anchor", b"content")
    assert VerifyKeys([keys.public_key]).verify("anchor", b"content", signature)


def test_signature_of_a_rotated_key_stays_valid() -> None:
    signature = AnchorKeys([OLD]).sign("anchor", b"content")
    assert AnchorKeys([NEW, OLD]).verify("anchor", b"content", signature)
    assert not AnchorKeys([NEW]).verify("anchor", b"content", signature)


@pytest.mark.parametrize(
    ("purpose", "content", "cut_off"), [("cut", b"content", 0), ("anchor", b"Content", 0), ("anchor", b"content", 1)]
)
def test_signature_is_bound_to_purpose_and_content(purpose: str, content: bytes, cut_off: int) -> None:
    keys = AnchorKeys([NEW])
    signature = keys.sign("anchor", b"content")
    assert not keys.verify(purpose, content, signature[cut_off:])


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", "rsa:AAAA", "ed25519:" + "é" * 44, "-----BEGIN"])
def test_unreadable_public_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidPublicKey, match="audit key"):
        VerifyKeys([text])


def test_heads_keep_the_highest_number_until_they_are_taken() -> None:
    heads = Heads()
    for number in (2, 3, 1):
        heads.advanced("acme/0", number, bytes([number]) * 32)
    assert heads.take() == {"acme/0": Head(3, b"\x03" * 32)}
    assert heads.take() == {}


@pytest.mark.parametrize(
    "changed", [{"chain": "other"}, {"number": 6}, {"own": b"\x02" * 32}, {"at": AT.replace(second=1)}]
)
def test_changed_cut_is_not_signed(changed: dict[str, object]) -> None:
    keys = AnchorKeys([NEW])
    cut = signed_cut(keys, "file", 5, b"\x01" * 32, AT)
    assert cut.is_signed(keys)
    assert not Cut(**(cut._asdict() | changed)).is_signed(keys)


def test_cut_without_keys_is_unsigned() -> None:
    assert not signed_cut(None, "file", 5, b"\x01" * 32, AT).is_signed(AnchorKeys([NEW]))
