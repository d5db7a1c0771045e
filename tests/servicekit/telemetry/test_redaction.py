"""Planted secrets of every kind are masked in every spelling, in linear time; ordinary text is kept."""

import base64
import re
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.telemetry.redaction import MASK, outside_id, redact

from .planted_secrets import PLANTED


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_secret_is_masked(text: str) -> None:
    masked = redact(f"before {text} after")
    assert "SECRET" not in masked
    assert "U0VDUkVU" not in masked
    assert MASK in masked
    assert masked.startswith("before ")


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_secret_is_masked_in_other_spellings(text: str) -> None:
    for encoded in (quote(text, safe=""), quote_plus(text), quote(quote(text, safe=""), safe="")):
        assert "SECRET" not in redact(f"before {encoded}")
    for encoded in (text.encode().hex(), text.encode().hex().upper()):
        assert redact(f"before {encoded} after") == f"before {MASK} after" or len(text) < 16
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(text.encode()).decode()
        for word in (encoded, encoded.rstrip("=")):
            assert redact(f"before {word} after").replace("=", "") == f"before {MASK} after"


@pytest.mark.parametrize(
    "text",
    [
        "a plain sentence",
        "50% of 100%, %20, %zz and %",
        "0af7651916cd43dd8448eb211c80319c",
        base64.b64encode(b"a plain sentence of text").decode(),
        base64.b64encode(bytes(range(200, 256))).decode(),
        "https://host:8080/path?x=1",
        "user@example.com",
        "book 3 of 10",
        "the token expired",
        "basic idea",
        "a risk-assessment-of-many-things",
        "the glossary, single global glasses",
        "packages/servicekit/src/servicekit/telemetry/redaction.py",
        "a task-with-a-very-long-name-here",
        "invalid input for the tool",
        'relation "orders" does not exist',
    ],
)
def test_ordinary_text_is_kept(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=200))
def test_any_text_can_be_redacted(text: str) -> None:
    redact(text)


@pytest.mark.parametrize(
    "unit",
    [
        "token",
        "eyJaaaaa.",
        "://a:",
        "password",
        "secret=",
        "DETAIL: ",
        "invalid input syntax for x",
        'value "',
        "-----BEGIN PRIVATE KEY-----",
        "api_key ",
        "%70",
        "cGFz",
        "eyJ-",
        "eyJa.",
        "%65yJ-",
    ],
)
def test_a_hostile_megabyte_takes_linear_time(unit: str) -> None:
    started = time.perf_counter()
    redact(unit * (1_000_000 // len(unit)))
    assert time.perf_counter() - started < 10  # quadratic would be hours


@pytest.mark.parametrize("text", PLANTED)
def test_no_encoded_secret_looks_like_an_id(text: str) -> None:
    """Text of hexadecimal digits and dashes is not searched, so no alignment of a secret may be such text."""
    for before in ("", " ", "  "):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(f"{before}{text}".encode()).decode().rstrip("=")
            assert re.fullmatch(r"[0-9a-f-]*", encoded) is None


@pytest.mark.parametrize("text", ["0af7651916cd43dd8448eb211c80319c", "0af76519-16cd-43dd-8448-eb211c80319c", ""])
def test_an_id_is_kept(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("folder", ["", "a/", "ab/", "abc/", "docs/keys/"])
def test_a_secret_in_base64_is_masked_behind_a_folder(folder: str) -> None:
    encoded = base64.b64encode(b"ghp_SECRETSECRETSECRETSECRET1234").decode().rstrip("=")
    assert redact(f"repo://{folder}{encoded}") == f"repo:{MASK}"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("probe/1.0", "probe/1.0"),
        ("probe\r\n/1\u202e.0", "probe/1.0"),
        ("fleet_ab12cd34_" + "x" * 43, MASK),
        ("a" * 75 + " fleet_ab12cd34_" + "x" * 43, "a" * 75 + " [red"),
        ("gh\u200bp_" + "x" * 36, MASK),
        ("%0Agh%70_" + "x" * 36, MASK),
        ("x" * 2000, "[2000 characters]"),
    ],
)
def test_an_id_from_outside_is_masked_before_it_is_cut(given: str, shown: str) -> None:
    assert outside_id(given, 80) == shown


@pytest.mark.parametrize("text", PLANTED)
def test_masking_keeps_the_end_of_a_fence(text: str) -> None:
    fenced = f'<user_content source="upstream">{text}</user_content>. Nothing was changed.'
    for masked in (redact(fenced), redact(redact(fenced))):
        assert "SECRET" not in masked
        assert masked.startswith('<user_content source="upstream">')
        assert masked.endswith("</user_content>. Nothing was changed.")
