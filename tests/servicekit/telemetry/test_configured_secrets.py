"""Values of secret settings are masked in every spelling."""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest

from servicekit.settings.secret_values import secret_values
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry import redaction
from servicekit.telemetry.configured_secrets import ConfiguredSecrets
from servicekit.telemetry.redaction import MASK, configure_secrets, redact

CONFIGURED = [
    "0123456789abcdef0123456789abcdef0123456789abcdef",
    'a state key: with spaces, é and " quotes',
    "kT9+/x==",
    "correct horse battery staple",
    'back\\slash & "quote" é',
    "postgresql://writer:p%40ss%2Fword-1@db:5432/orders",
]


@pytest.fixture
def configured() -> Iterator[None]:
    """The values are masked inside a test."""
    before = redaction._configured
    redaction._configured = ConfiguredSecrets()
    redaction._redacted_short.cache_clear()
    configure_secrets(CONFIGURED)
    yield
    redaction._configured = before
    redaction._redacted_short.cache_clear()


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("value", [*CONFIGURED, "p%40ss%2Fword-1", "p@ss/word-1"])
def test_a_configured_value_is_masked_in_every_spelling(value: str) -> None:
    encoded = value.encode()
    spellings = [
        value,
        quote(value, safe=""),
        re.sub("%..", lambda found: found[0].lower(), quote(value, safe="")),
        quote_plus(value),
        json.dumps(value)[1:-1],
        json.dumps(json.dumps(value)),
        json.dumps(json.dumps(value, ensure_ascii=False)),
        repr({"key": value}),
        repr(encoded),
        html.escape(value),
        encoded.hex(),
        encoded.hex().upper(),
        *(base64.b64encode(b"x" * before + encoded).decode() for before in range(4)),
        *(base64.urlsafe_b64encode(b"x" * before + encoded).decode().rstrip("=") for before in range(4)),
    ]
    for spelling in spellings:
        masked = redact(f"before {spelling} after")
        assert MASK in masked
        assert spelling not in masked
        assert value not in masked


@pytest.mark.usefixtures("configured")
def test_short_and_ordinary_parts_of_a_configured_url_stay() -> None:
    text = "writer of orders at db:5432"
    assert redact(text) == text
    configure_secrets(["redis://:short@store:6379/0", "postgresql://reader_of_orders:reader_of_orders@db/orders"])
    assert redact("a short word by reader_of_orders") == "a short word by reader_of_orders"


@pytest.mark.usefixtures("configured")
def test_a_configured_value_like_an_id_is_masked() -> None:
    value = "00112233-4455-6677-8899-aabbccddeeff"
    assert redact(value) == value
    configure_secrets([value])
    assert redact(value) == MASK


def test_the_secrets_of_settings_are_those_that_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20collector-token,x-team=platform")
    settings = ServiceSettings(
        public_url="http://127.0.0.1:8000/mcp",
        state_keys="k" * 32,
        redis_url="redis://:store-password@127.0.0.1/0",
        otlp_endpoint="http://user:pass-word@127.0.0.1:4318",
    )
    assert secret_values(settings) >= {
        "k" * 32,
        "redis://:store-password@127.0.0.1/0",
        "http://user:pass-word@127.0.0.1:4318",
        "Bearer collector-token",
        "collector-token",
    }
