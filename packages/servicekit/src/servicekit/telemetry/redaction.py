"""Secrets never reach a log, span or error: what looks like one is replaced before it is written."""

import re

MASK = "[redacted]"

_PATTERNS = re.compile(
    r"(?P<url>(?<=://)[^\s/@:]*:[^\s/@]+(?=@))"  # user:password@ in a URL
    r"|(?P<scheme>(?i:\b(?:bearer|basic)\s+))[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"  # a JWT
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?P<field>(?i:\b(?:password|passwd|secret|token|api[_-]?key)\b[\"']?\s*[=:]\s*[\"']?))[^\s\"',;&]{3,}"
)


def redact(text: str) -> str:
    """`text` with credentials masked: tokens, keys, passwords in URLs and in ``name=value`` form."""
    return _PATTERNS.sub(lambda match: (match["scheme"] or match["field"] or "") + MASK, text)
