"""Secrets to plant in whatever a client or an upstream controls, and the search for them in what was recorded."""

import base64
import json
import random
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_SEED: Final = 20260728
_WORD: Final = string.ascii_letters + string.digits
_UPPER: Final = string.ascii_uppercase + string.digits
_HEX: Final = "0123456789abcdef"

UPSTREAM_TOKEN: Final = "Upstream.Credential!of~no-known-form7"
STATE_KEYS: Final = ("conf1gured-State.Key/with+signs=and-40chars", "5e" * 24, UPSTREAM_TOKEN)
"""Configured values: their forms say nothing, so that only their registration masks them."""


@dataclass(frozen=True)
class Secret:
    """A secret, and the part of it that must not be on record.

    Attributes:
        text: what is planted.
        core: the part that alone is secret, such as a password in a URL.
    """

    text: str
    core: str

    @property
    def spellings(self) -> tuple[str, str, str]:
        """Raw, as a whole value in base64, and URL-encoded."""
        return self.text, base64.b64encode(self.text.encode()).decode(), quote(self.text, safe="")

    @property
    def traces(self) -> Iterator[str]:
        """What of it a record could hold: its core in every spelling."""
        encoded = self.text.encode()
        yield from {self.core, quote(self.core, safe=""), json.dumps(self.core)[1:-1]}
        # Without its first and last characters, which depend on what stands beside it.
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            yield alphabet(encoded).decode().rstrip("=")[8:-4]


def secrets() -> list[Secret]:
    """Fifty secrets, the same in every run: known formats of random content, and configured values."""
    draws = random.Random(_SEED)  # no real secret depends on it

    def some(count: int, letters: str = _WORD) -> str:
        return "".join(draws.choice(letters) for _ in range(count))

    def jwt_part() -> str:
        return base64.urlsafe_b64encode(json.dumps({"k": some(12)}).encode()).decode().rstrip("=")

    whole = [
        *(f"fleet_{some(16, string.ascii_lowercase + string.digits)}_{some(43)}" for _ in range(4)),
        *(f"{jwt_part()}.{jwt_part()}.{some(43)}" for _ in range(3)),
        *(f"gh{kind}_{some(36)}" for kind in "pousr"),
        f"github_pat_{some(22)}_{some(59)}",
        f"AKIA{some(16, _UPPER)}",
        f"ASIA{some(16, _UPPER)}",
        f"AIza{some(35)}",
        f"ya29.{some(60)}",
        f"xoxb-{some(12, string.digits)}-{some(24)}",
        f"xoxp-{some(12, string.digits)}-{some(32, _HEX)}",
        f"xapp-1-{some(11, _UPPER)}-{some(40, _HEX)}",
        f"sk_live_{some(24)}",
        f"sk_test_{some(24)}",
        f"rk_live_{some(24)}",
        f"whsec_{some(32)}",
        f"sk-{some(48)}",
        f"sk-proj-{some(60)}",
        f"sk-ant-api03-{some(90)}",
        f"npm_{some(36)}",
        f"glpat-{some(20)}",
        f"hf_{some(34)}",
        f"pypi-AgEIcHlwaS5vcmc{some(80)}",
        f"SG.{some(22)}.{some(43)}",
        f"dop_v1_{some(64, _HEX)}",
        f"dckr_pat_{some(27)}",
        f"hvs.{some(90)}",
        *STATE_KEYS,
    ]
    named = [
        ("password={0}", some(14)),
        ("api_key: {0}", some(20)),
        ('{{"client_secret": "{0}"}}', some(24)),
        ("aws_secret_access_key={0}", some(40)),
        ("Authorization: Basic {0}", base64.b64encode(f"ann:{some(12)}".encode()).decode()),
        ("Bearer {0}", some(32)),
        ("postgresql://writer:{0}@db:5432/orders", some(16)),
        ("redis://:{0}@store:6379/0", some(16)),
        ("https://x-access-token:{0}@github.com/acme/site", some(20)),
        ("https://acme.blob.core.windows.net/c/b?sv=2024-11-04&sig={0}", some(43)),
        ("DefaultEndpointsProtocol=https;AccountKey={0}", some(60)),
        ("-----BEGIN PRIVATE KEY-----\n{0}\n-----END PRIVATE KEY-----", some(64)),
    ]
    return [*(Secret(text, text) for text in whole), *(Secret(form.format(core), core) for form, core in named)]


SECRETS: Final = secrets()
SPELLINGS: Final = [spelling for secret in SECRETS for spelling in secret.spellings]


def found_in(record: str | bytes) -> list[str]:
    """The traces of secrets in what was recorded."""
    text = record if isinstance(record, str) else record.decode("latin-1")
    return [trace for secret in SECRETS for trace in secret.traces if trace in text]


def surroundings(record: str | bytes) -> list[str]:
    """Where in a record a trace stands: some characters before it and after it."""
    text = record if isinstance(record, str) else record.decode("latin-1")
    starts = [(text.index(trace), trace) for trace in found_in(text)]
    return [text[max(start - 120, 0) : start + len(trace) + 40] for start, trace in starts]


def in_lines(spellings: Iterable[str], longest: int) -> Iterator[str]:
    """The spellings joined by line breaks, in texts of limited length."""
    text = ""
    for spelling in spellings:
        if text and len(text) + len(spelling) >= longest:
            yield text
            text = ""
        text = f"{text}\n{spelling}" if text else spelling
    yield text
