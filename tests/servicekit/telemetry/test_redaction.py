"""Secrets never reach a log line or a span: planted ones of every kind, in messages, fields and stacks."""

import base64
import html
import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from servicekit.pipeline.call import call
from servicekit.pipeline.request import RequestInfo
from servicekit.settings.secret_values import secret_values
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry import redaction
from servicekit.telemetry.configured_secrets import ConfiguredSecrets
from servicekit.telemetry.logs import ConsoleFormatter, JsonFormatter
from servicekit.telemetry.redaction import MASK, configure_secrets, outside_id, redact, redact_field
from servicekit.testing.service import caller
from tests.servicekit.apps.general_app import READ, general_app
from tests.servicekit.apps.pipeline_parts import boundary

PEM = "-----BEGIN {0}PRIVATE KEY-----\nSECRETmaterial\nSECRETmore\n-----END {0}PRIVATE KEY-----"
PLANTED = [
    "Authorization: Bearer SECRETabcdef1234567890",
    "bearer SECRETabcdef1234567890==",
    "Authorization: Basic U0VDUkVUOlNFQ1JFVA==",
    "got eyJSECRETabc.eyJSECRETdef.SECRETsignature here",
    "postgres://user:SECRET@host:5432/db",
    "postgres://user:p@SECRET@host/db",
    "redis://:SECRETpw@127.0.0.1:6379/0",
    "https://x-access-token:SECRETtoken@github.example/org",
    "ghp_SECRETSECRETSECRETSECRET1234",
    "github_pat_SECRETSECRETSECRETSECRET1234",
    "sk-SECRETSECRETSECRET1234",
    PEM.format(""),
    PEM.format("RSA "),
    PEM.format("ENCRYPTED "),
    "-----BEGIN PRIVATE KEY-----\nSECRET cut off",
    "password=SECRET1",
    'password="SECRET with SECRET words"',
    "{'password': 'SECRET with words'}",
    '{"client_secret": "SECRET1"}',
    "client_secret=SECRET1&grant_type=x",
    "access_token: SECRET1",
    "PGPASSWORD=SECRET1",
    "DB_PASSWORD = SECRET1",
    "X-API-Key: SECRET1",
    "secret_key=SECRET1",
    "api_key=SECRET1",
    "refresh-token=SECRET1",
    'duplicate key value violates unique constraint "customers_key"\nDETAIL:  Key (email)=(SECRET@b.example) exists.',
    "invalid input for query argument $2: 'SECRET' (expected int, got str)",
    'invalid input syntax for type integer: "SECRET "" SECRET"',
    'value "SECRET" is out of range for type bigint',
    "fleet_ab12cd34_SECRETSECRETSECRETSECRETSECRETSECRETSECRET1",
    "backup_ghp_SECRETSECRETSECRETSECRET1234",
    "gho_SECRETSECRETSECRETSECRET1234",
    "ghs_SECRETSECRETSECRETSECRET1234",
    "sk-ant-api03-SECRETSECRETSECRET_1234",
    "AKIASECRETSECRETSECR",
    "ASIASECRETSECRETSECR",
    "aws_secret_access_key = SECRETSECRETSECRETSECRET/SECRET12345678",
    "AIzaSySECRETSECRETSECRETSECRETSECRET123",
    "ya29.SECRETSECRETSECRETSECRET",
    "xoxb-1234567890-SECRETSECRETSECRET",
    "https://hooks.slack.com/services/T000/B000/SECRETSECRETSECRET",
    "sk_live_SECRETSECRETSECRET1234",
    "rk_test_SECRETSECRETSECRET1234",
    "npm_SECRETSECRETSECRETSECRETSECRET123456",
    "glpat-SECRETSECRETSECRET12",
    "hf_SECRETSECRETSECRETSECRETSECRET1234",
    "pypi-AgEIcHlwaS5vcmcCJSECRETSECRETSECRET",
    "SG.SECRETSECRETSECRET123.SECRETSECRETSECRET12345",
    "hvs.SECRETSECRETSECRETSECRET1234",
    "hvb.SECRETSECRETSECRETSECRET1234",
    "glsoat-SECRETSECRETSECRET12",
    "ATATT3xFfGF0SECRETSECRETSECRETSECRET=1A2B3C4D",
    "glsa_SECRETSECRETSECRETSECRETSECRETSE_1a2b3c4d",
    "sntrys_SECRETSECRETSECRETSECRET_SECRET/1=",
    "lin_api_SECRETSECRETSECRETSECRETSECRET1234",
    "ntn_SECRETSECRETSECRETSECRETSECRET1234",
    "123456789:AASECRETSECRETSECRETSECRETSECRET12345",
    "https://acme.blob.core.windows.net/c/b?sv=2024&sig=SECRETSECRETSECRETSECRET%3D",
    "AccountKey=SECRETSECRETSECRETSECRET==",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n-----END OPENSSH PRIVATE KEY-----",
    "Authorization: token SECRETSECRET1234",
    "Cookie: session=SECRET; other=SECRET",
    "passphrase: SECRET1",
    "DETAIL:  the key -----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----",
    "token: -----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----",
    "password=Bearer SECRETabcdef1234567890",
    "api_key: SECRET1/api_key: SECRET2",
    "Bearer SECRETabcdef1/Bearer SECRETabcdef2",
    '{\\"password\\": \\"SECRET\\"}',
    "[type=string_type, input_value='SECRET', input_type=str]",
]


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


def record(message: str, **fields: Any) -> logging.LogRecord:
    return logging.getLogger("t").makeRecord("t", logging.INFO, "f", 1, message, (), None, extra=fields)


@pytest.mark.parametrize("formatter", [JsonFormatter("books"), ConsoleFormatter()])
def test_no_secret_is_written_whatever_carries_it(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("password=SECRET1") from OSError("postgres://u:SECRET@h/d")
    except ValueError:
        stack = sys.exc_info()
    line = record(
        "to postgres://u:SECRET@h/d",
        password="SECRET",
        authorization=["SECRET"],
        nested={"api_key": "SECRET", "url": ["postgres://u:SECRET@h/d"], "fine": 1},
        listed=("Bearer SECRET12345678",),
        odd=SimpleNamespace(url="postgres://u:SECRET@h/d"),
        encoded=b"password=SECRET1",
    )
    line.exc_info = stack
    written = formatter.format(line)
    assert "SECRET" not in written
    assert "Traceback" in written


def test_a_field_keeps_what_is_no_secret() -> None:
    assert redact_field("count", 3) == 3
    assert redact_field("tenant", None) is None
    assert redact_field("nested", {"a": [1, "b"], "c": True}) == {"a": [1, "b"], "c": True}


def test_a_json_line_is_one_object_on_one_line() -> None:
    line = JsonFormatter("books").format(record("two\nlines", subject='a"b\n', number=3))
    assert "\n" not in line
    fields = json.loads(line)
    assert (fields["event"], fields["subject"], fields["service"]) == ("two\nlines", 'a"b\n', "books")
    assert fields["time"].endswith("Z")


def test_a_line_for_people_is_one_line_and_commands_no_terminal() -> None:
    hostile = "ann\n12:00:00 INFO    call subject=admin\r\x1b[2J\x9b2J\u2028\u202e"
    try:
        raise ValueError(hostile)
    except ValueError:
        stack = sys.exc_info()
    line = record(hostile, subject=hostile, listed=[hostile], name_of_mine="Zoë 5 °C")
    line.exc_info = stack
    first, *rest = ConsoleFormatter().format(line).split("\n")
    assert "Zoë 5 °C" in first
    assert r"subject=ann\n12:00:00" in first
    assert rest[0] == "Traceback (most recent call last):"
    assert all(part.isprintable() for part in (first, *rest))


async def test_a_span_of_a_crash_holds_the_stack_without_its_secrets(spans: InMemorySpanExporter) -> None:
    context = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    operation = general_app().registry.tools["burn"]
    await call(boundary(), operation, {}, caller(READ), RequestInfo("r", trace_context=context))
    (span,) = [span for span in spans.get_finished_spans() if span.name == "tools/call burn"]
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert span.attributes is not None
    assert span.attributes["error.type"] == "crash"
    (event,) = span.events
    assert "RuntimeError" in str(event.attributes)
    assert "Traceback" in str(event.attributes)
    assert "hunter2x" not in str(event.attributes)


@pytest.mark.parametrize("parent", ["garbage", "00-zz-zz-01", "", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "é" * 99])
async def test_a_broken_trace_header_breaks_nothing(parent: str, spans: InMemorySpanExporter) -> None:
    operation = general_app().registry.tools["get_book"]
    request = RequestInfo("r", trace_context={"traceparent": parent, "tracestate": parent})
    assert (await call(boundary(), operation, {"number": 1}, caller(READ), request)).outcome == "ok"
    assert spans.get_finished_spans()


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
