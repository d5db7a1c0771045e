"""The forms of known secrets: keys and tokens by their prefix, credentials in URLs, values after a secret's name.

A text without any of the hints holds no known form. Most texts cost only the search for them.
"""

import re
from typing import Final

MASK: Final = "[redacted]"

_START: Final = r"(?<![A-Za-z0-9])"
"""For prefixes that ordinary words contain. Others are found inside a word as well, as in ``backup_ghp_…``."""
_KEY_LABEL: Final = r"[ +][A-Z0-9 +]{0,40}PRIVATE[ +]KEY(?:[ +]BLOCK)?"
_KEY: Final = re.compile(rf"-----BEGIN{_KEY_LABEL}-----[\s\S]*?(?:-----END{_KEY_LABEL}-----|(?=</user_content>)|\Z)")
_TOKENS: Final = (
    ("eyJ", _START + r"eyJ[A-Za-z0-9_-]{5,}+(?:\.[A-Za-z0-9_-]*){0,4}"),  # a JWT or JWE, whole or cut off
    ("fleet_", r"fleet_[a-z0-9]{8,32}_[A-Za-z0-9_-]{20,}"),  # our own API keys (`auth.api_keys`)
    ("ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{20,}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
    ("sk-", _START + r"sk-[A-Za-z0-9_-]{16,}"),  # OpenAI, Anthropic
    ("AKIA ASIA ABIA ACCA", _START + r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}"),  # AWS key ids
    ("AIza", r"AIza[A-Za-z0-9_-]{30,}"),  # Google API keys
    ("ya29.", r"ya29\.[A-Za-z0-9_-]{20,}"),  # Google access tokens
    ("GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,}"),
    ("xox", r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}"),  # Slack
    ("xapp-", r"xapp-[A-Za-z0-9-]{10,}"),
    ("hooks.slack.com/", r"hooks\.slack\.com/[a-z]{1,16}/[A-Za-z0-9/_-]{16,}"),
    ("_live_", r"[rs]k_live_[A-Za-z0-9]{10,}"),  # Stripe
    ("_test_", r"[rs]k_test_[A-Za-z0-9]{10,}"),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{16,}"),
    ("npm_", _START + r"npm_[A-Za-z0-9]{30,}"),
    (
        "glpat- gldt- glrt- glcbt- glptt- glft- gloas- glsoat- glagent- glimt-",  # GitLab
        r"gl(?:pat|dt|rt|cbt|ptt|ft|oas|soat|agent|imt)-[A-Za-z0-9_.-]{16,}",
    ),
    ("hf_", _START + r"hf_[A-Za-z0-9]{20,}"),
    ("pypi-", _START + r"pypi-[A-Za-z0-9_-]{24,}"),
    ("SG.", _START + r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),  # SendGrid
    ("dop_v1_", r"dop_v1_[a-f0-9]{32,}"),
    ("dckr_pat_", r"dckr_pat_[A-Za-z0-9_-]{16,}"),
    ("shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{24,}"),
    ("hvs. hvb. hvr.", _START + r"hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    ("ATATT3x ATCTT3x", r"AT[AC]TT3x[A-Za-z0-9_=-]{20,}"),  # Atlassian
    ("glsa_ gsk_ sntrys_ sntryu_", r"(?:glsa|gsk|sntry[su])_[A-Za-z0-9_+/=-]{20,}"),  # Grafana, Groq, Sentry
    ("lin_api_ ntn_ figd_ sbp_", r"(?:lin_api|ntn|figd|sbp)_[A-Za-z0-9_-]{20,}"),  # Linear, Notion, Figma, Supabase
    ("dapi", _START + r"dapi[a-f0-9]{32}"),  # Databricks
    (":AA", r"(?<![0-9])[0-9]{6,12}:AA[A-Za-z0-9_-]{30,}"),  # Telegram
    ("AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[0-9A-Z]{20,}"),
)
_GOES_ON: Final = r"(?!</user_content>)"
"""A value ends before the end of the fence around it (`schema.marks`)."""
_LETTERS: Final = rf"(?:{_GOES_ON}[^\s\"',;&]){{3,}}"
# A word that ends as a name does is followed by a value of its own, as in `token: a/token: b`.
_WORD: Final = rf"{_LETTERS}(?:(?<=[:=])\s{{1,8}}{_LETTERS})*"
_LINE: Final = rf"(?:{_GOES_ON}[^\n])+"
_VALUE: Final = rf"(?:\\{{0,4}}\"(?:{_GOES_ON}[^\"\n])+\"?|'(?:{_GOES_ON}[^'\n])+'?|{_WORD})"
_CREDENTIAL: Final = r"[A-Za-z0-9._~+/=-]{8,}"
_NAMES: Final = (
    "password", "passwd", "passphrase", "pwd", "secret", "token", "api_key", "api-key", "apikey", "private_key",
    "private-key", "privatekey", "access_key", "access-key", "accesskey", "account_key", "accountkey", "credential",
)  # fmt: skip
_NAME: Final = r"passw(?:or)?d|passphrase|pwd|secret|token|(?:api|private|access|account)[_-]?key|credentials?"
_WITH_SCHEME: Final = (
    r"(?P<url>(?<=://)[^\s/@:]*:[^\s/]+(?=@))"  # `user:password@` in a URL
    rf"|(?P<scheme>{_START}(?i:(?:bearer|basic)[\s+]+)){_CREDENTIAL}"
    rf"(?:(?i:(?<=bearer)|(?<=basic))[\s+]+{_CREDENTIAL})*"
    r"|(?P<signature>(?<![A-Za-z0-9])sig=)[A-Za-z0-9%/+=_-]{16,}"  # Azure's shared access signatures
)
_NAMED: Final = (
    rf"(?P<header>{_START}(?i:authorization\\{{0,4}}[\"']?\s{{0,8}}[=:]\s{{0,8}}))(?:[A-Za-z]{{1,16}}\s{{1,4}})?{_WORD}"
    rf"|(?P<cookie>{_START}(?i:(?:set-)?cookie\\{{0,4}}[\"']?\s{{0,8}}[=:]\s{{0,8}}))(?:{_GOES_ON}[^\r\n\"']){{3,}}"
    rf"|(?P<field>(?i:(?:{_NAME})[\w-]{{0,32}}\\{{0,4}}[\"']?\s{{0,8}}[=:]\s{{0,8}})){_VALUE}"
    # Pydantic, Postgres and its driver quote rejected values: inputs, key rows, statement arguments.
    r"|(?P<input>\binput_value=)[^\n]+?(?=, input_type=|</user_content>|\n|\Z)"
    rf"|(?P<sql>\bDETAIL:\s{{1,4}}|\binvalid input for query argument \$\d{{1,5}}: ){_LINE}"
    r"|(?P<sql_value>\binvalid input (?:syntax|value) for [\w ]{1,60}: |\bvalue (?=\"[^\"\n]{0,300}\" is out of range))"
    r"\"[^\n]{0,300}\""
)
# In this order: what stands after a name may begin a key of several lines, or a scheme.
_PATTERNS: Final = (
    _KEY,
    re.compile("|".join([*(form for _, form in _TOKENS), _WITH_SCHEME])),
    re.compile(_NAMED),
)
_KEPT: Final = frozenset({"scheme", "header", "cookie", "field", "signature", "input", "sql", "sql_value"})

_EXACT: Final = (
    *(hint for hints, _ in _TOKENS for hint in hints.split()),
    "-----BEGIN", "sig=", "input_value=", "DETAIL:", "invalid input ", "out of range",
)  # fmt: skip
_FOLDED: Final = (*_NAMES, "bearer", "basic", "authorization", "cookie")
_NAME_OF_SECRET: Final = re.compile(rf"(?i){_NAME}|passw|authorization|cookie")


def names_a_secret(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return _NAME_OF_SECRET.search(name) is not None


def holds_known_form(text: str) -> bool:
    """Whether `text` holds a secret of a known form."""
    return _may_hold(text) and any(pattern.search(text) is not None for pattern in _PATTERNS)


def mask_known_forms(text: str) -> str:
    """`text` with the secrets of known forms masked. The name before a secret stays readable."""
    if _may_hold(text):
        for pattern in _PATTERNS:
            text = pattern.sub(_masked, text)
    return text


def _may_hold(text: str) -> bool:
    # Plain loops: several times as fast as one pattern of all hints, twice as fast as `any` of a generator.
    for hint in _EXACT:
        if hint in text:
            return True
    if "://" in text and "@" in text:
        return True
    if "=" not in text and ":" not in text and " " not in text and "+" not in text:
        return False  # no name stands before a value
    folded = text.lower()
    for hint in _FOLDED:  # noqa: SIM110
        if hint in folded:
            return True
    return False


def _masked(match: re.Match[str]) -> str:
    kind = match.lastgroup
    return match[kind] + MASK if kind in _KEPT else MASK
