"""Sealed tokens: opened only where, for what and as they were sealed."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.core.sealed_token import InvalidToken, TokenSealer

OLD, NEW = b"o" * 32, b"n" * 32
SEALER = TokenSealer([NEW, OLD], "cursor")
LETTERS = string.ascii_letters + string.digits + "-_"


@given(st.binary(max_size=100), st.binary(max_size=50))
def test_a_token_opens_to_its_content(content: bytes, context: bytes) -> None:
    token = SEALER.seal(content, context)
    assert SEALER.open(token, context) == content
    assert set(token) <= set(LETTERS)


def test_a_token_has_a_nonce_and_a_tag() -> None:
    token = SEALER.seal(b"", b"here")
    assert len(base64.urlsafe_b64decode(token + "==")) == 12 + 16  # NIST SP 800-38D: 96 and 128 bits


def test_no_two_tokens_are_alike() -> None:
    assert len({SEALER.seal(b"same", b"here") for _ in range(100)}) == 100


def test_a_token_of_an_older_secret_still_opens() -> None:
    token = TokenSealer([OLD], "cursor").seal(b"text", b"here")
    assert SEALER.open(token, b"here") == b"text"


def test_new_tokens_are_sealed_with_the_first_secret() -> None:
    token = SEALER.seal(b"text", b"here")
    assert TokenSealer([NEW], "cursor").open(token, b"here") == b"text"
    with pytest.raises(InvalidToken):
        TokenSealer([OLD], "cursor").open(token, b"here")


@pytest.mark.parametrize(
    ("sealer", "context"),
    [
        (SEALER, b"there"),
        (SEALER, b""),
        (TokenSealer([NEW, OLD], "consent"), b"here"),
        (TokenSealer([b"x" * 32], "cursor"), b"here"),
    ],
    ids=["other context", "no context", "other purpose", "other secret"],
)
def test_a_token_opens_nowhere_else(sealer: TokenSealer, context: bytes) -> None:
    with pytest.raises(InvalidToken):
        sealer.open(SEALER.seal(b"text", b"here"), context)


@given(st.data())
def test_an_altered_token_does_not_open(data: st.DataObject) -> None:
    token = SEALER.seal(b"some text", b"here")
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(LETTERS).filter(lambda one: one != token[at]))
    for altered in (token[:at] + letter + token[at + 1 :], token[:at] + token[at + 1 :], token[:at]):
        with pytest.raises(InvalidToken):
            SEALER.open(altered, b"here")


@pytest.mark.parametrize("size", range(3))
def test_a_token_has_one_spelling(size: int) -> None:
    """So that a token of one use is not used again in another spelling."""
    token = next(token for token in iter(lambda: SEALER.seal(b"x" * size, b"here"), "") if set("-_") & set(token))
    raw = base64.urlsafe_b64decode(token + "==")
    spellings = [
        f"{token}=",
        f"{token}==",
        f" {token}",
        f"{token}\n",
        f"{token[:8]}\n{token[8:]}",
        f"{token[:8]}!{token[8:]}",
        f"{token}é",
        f"{token}\ud800",
        base64.standard_b64encode(raw).decode().rstrip("="),
        *(token[:-1] + letter for letter in LETTERS if letter != token[-1]),  # the last letter has spare bits
    ]
    for spelling in spellings:
        with pytest.raises(InvalidToken):
            SEALER.open(spelling, b"here")
    assert SEALER.open(token, b"here") == b"x" * size


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        SEALER.open(text, b"")
