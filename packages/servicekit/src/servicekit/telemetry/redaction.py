"""Redaction of secrets in logs, spans and error texts, by their form and by the name of the field."""

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

MASK = "[redacted]"

_PATTERNS = re.compile(
    r"(?P<url>(?<=://)[^\s/@:]*:[^\s/]+(?=@))"  # user:password@ in a URL
    r"|(?P<scheme>(?i:\b(?:bearer|basic)\s+))[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{5,}+(?:\.[A-Za-z0-9_-]*){0,2}"  # a JWT, whole or cut off
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?P<field>(?i:(?:password|passwd|secret|token|api[_-]?key)[\w-]{0,32}[\"']?\s{0,8}[=:]\s{0,8}))"
    r"(?:\"[^\"\n]+\"?|'[^'\n]+'?|[^\s\"',;&]{3,})"
    # Postgres and its driver quote rejected values: key rows, statement arguments.
    r"|(?P<sql>\bDETAIL:\s{1,4}|\binvalid input for query argument \$\d{1,5}: )[^\n]+"
    r"|(?P<sql_value>\binvalid input (?:syntax|value) for [\w ]{1,60}: |\bvalue (?=\"[^\"\n]{0,300}\" is out of range))"
    r"\"[^\n]{0,300}\""
)

_KEPT: Final = frozenset({"scheme", "field", "sql", "sql_value"})  # the name before a secret stays readable
_HARMLESS: Final = re.compile(r"[0-9a-f-]*")
"""Ids and hashes. No secret has this form, nor has the base64 of one: it contains letters beyond f."""
_CACHED: Final = 128  # characters; clients, subjects and operations come again and again
_PLAIN: Final = frozenset({bool, int, float, type(None)})
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}")  # without padding: it would complete at most two bytes
_URL_SAFE: Final = str.maketrans("-_", "+/")

_SECRET_NAME = re.compile(r"(?i)passw|secret|token|authorization|api[_-]?key|credential|cookie")


def redact_field(name: str, value: Any) -> Any:
    """A log field, redacted: masked whole if its name means a secret, else with the secrets in its value masked."""
    if type(value) in _PLAIN or isinstance(value, int | float):
        return value
    if _means_secret(name):
        return MASK
    if type(value) is str:
        return redact(value)
    if isinstance(value, Mapping):
        return {str(key): redact_field(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_field("", item) for item in value]
    return redact(str(value))


@lru_cache(1024)
def _means_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def redact(text: str) -> str:
    """`text` with credentials masked: tokens, keys, passwords in URLs and in ``name=value`` form.

    URL-encoded text that holds a secret is returned decoded. A base64 word that holds one is masked whole.
    """
    if _HARMLESS.fullmatch(text) is not None:
        return text
    return _redacted_short(text) if len(text) <= _CACHED else _redacted(text)


def _redacted(text: str) -> str:
    if "%" in text and _PATTERNS.search(plain := unquote(text)) is not None:
        text = plain
    masked = _PATTERNS.sub(lambda match: (match[match.lastgroup or 0] if match.lastgroup in _KEPT else "") + MASK, text)
    return _BASE64.sub(_masked_word, masked)


_redacted_short: Final = lru_cache(4096)(_redacted)


def _masked_word(match: re.Match[str]) -> str:
    word = match[0].translate(_URL_SAFE)
    try:
        plain = base64.b64decode(word[: len(word) // 4 * 4]).decode()
    except ValueError:  # not base64, or not text
        return match[0]
    return MASK if _PATTERNS.search(plain) is not None else match[0]
