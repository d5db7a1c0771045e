"""Redaction of secrets in whatever is recorded or shown: by their form, by the name of the field, and by their value.

The one masking function, for logs, spans, metrics, the audit trail and error texts. It takes time linear in the text.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from servicekit.telemetry.configured_secrets import ConfiguredSecrets
from servicekit.telemetry.secret_forms import MASK, holds_known_form, mask_known_forms, names_a_secret

__all__ = ["MASK", "configure_rotating_secret", "configure_secrets", "outside_id", "redact", "redact_field"]

_LONGEST_ID: Final = 36  # characters of a UUID
_HARMLESS: Final = re.compile(rf"[0-9a-f-]{{0,{_LONGEST_ID}}}")
"""Ids. No secret of a known form has this form, nor has the base64 of one: it contains letters beyond f."""
_CACHED: Final = 128  # characters; clients, subjects and operations come again and again
_PLAIN: Final = frozenset({bool, int, float, type(None)})
_WORD: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}")
"""May be base64, without its padding, or hexadecimal."""
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){16,}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_ENCODED: Final = 2  # times that a text may be URL-encoded
_LONGEST_SEARCHED: Final = 1024  # characters of an id that a client chose

_configured = ConfiguredSecrets()


def configure_secrets(values: Iterable[str]) -> None:
    """Mask these values of the process's configuration wherever they appear."""
    if _configured.add(values, _LONGEST_ID):
        _redacted_short.cache_clear()
        _means_secret.cache_clear()


def configure_rotating_secret(name: str, value: str) -> None:
    """Mask the new value of a secret that changes while the process runs, such as a password read from a file again."""
    if _configured.rotate(name, value, _LONGEST_ID):
        _redacted_short.cache_clear()
        _means_secret.cache_clear()


def redact_field(name: str, value: Any) -> Any:
    """A log field, redacted: masked whole if its name means a secret, else with the secrets in its value masked."""
    if type(value) in _PLAIN or isinstance(value, int | float):
        return value
    if _means_secret(name):
        return MASK
    if type(value) is str:
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): redact_field(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_field("", item) for item in value]
    return redact(value.decode("latin-1") if isinstance(value, bytes) else str(value))


@lru_cache(1024)
def _means_secret(name: str) -> bool:
    return names_a_secret(name)


def outside_id(text: str, longest: int) -> str:
    """An id or a name that a client chose, for a log line or a span: without secrets, on one line, of limited length.

    A text of more than 1024 characters is shown by its length, since its end may be cut within a secret.
    """
    if len(text) > _LONGEST_SEARCHED:
        return f"[{len(text)} characters]"
    return _printable(redact(_printable(text)))[:longest]


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(character for character in text if character.isprintable())


def redact(text: str) -> str:
    """`text` with credentials masked: tokens, keys, passwords in URLs and in ``name=value`` form, configured values.

    URL-encoded text that holds a secret is returned decoded. A base64 or hexadecimal word that holds one is masked
    whole.
    """
    if _HARMLESS.fullmatch(text) is not None and not _configured.short_hex:
        return text
    return _redacted_short(text) if len(text) <= _CACHED else _redacted(text)


def _redacted(text: str) -> str:
    masked = plain = _masked(text)
    for _ in range(_ENCODED):
        if "%" not in plain:
            break
        for decode in (unquote, unquote_plus):
            decoded = decode(plain)
            if (found := _masked(decoded)) != decoded:
                masked = plain = found
                break
        else:
            plain = unquote(plain)
    return masked


_redacted_short: Final = lru_cache(4096)(_redacted)


def _masked(text: str) -> str:
    return _WORD.sub(_masked_word, mask_known_forms(_configured.masked(text)))


def _masked_word(match: re.Match[str]) -> str:
    word = match[0]
    decoded = _from_base64(word)
    if holds_known_form(decoded) or _configured.found_in(decoded):
        return MASK
    for run in _HEX.findall(word):
        decoded = bytes.fromhex(run).decode("latin-1")
        if holds_known_form(decoded) or _configured.found_in(decoded):
            return MASK
    return word


def _from_base64(word: str) -> str:
    """What a word may hold in base64, from each of the four places where a group may begin: before it may stand other
    letters, such as the folder of a path."""
    word = word.translate(_URL_SAFE)
    # Completed with the letter of zero bits, so that no byte at the end is lost.
    parts = (base64.b64decode(word[start:] + "A" * ((start - len(word)) % 4)) for start in range(4))
    return b"\n".join(parts).decode("latin-1")
