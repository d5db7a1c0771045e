"""E-mail addresses in arguments: the pattern, and the spellings in which one is accepted."""

import re
from typing import Final

# RFC 5321 §4.5.3.1 bounds the local part to 64 characters and a label of the domain to 63.
EMAIL_PATTERN: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
_SPELLED = re.compile(r"\A(?:mailto:|[^<>@]{0,200}<)?(?P<address>[^\s<>:@]+@[^\s<>@]+)>?", re.IGNORECASE)


def mail_address(text: str) -> str:
    """The e-mail address in ``mailto:ann@example.com`` or ``Ann <ann@example.com>``; any other text unchanged."""
    match = _SPELLED.fullmatch(text)
    return match["address"] if match else text
