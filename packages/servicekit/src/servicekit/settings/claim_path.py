"""Paths to claims of a token: ``tenant``, ``org.id``, ``resource_access.orders.roles``."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_settings import NoDecode

_URLS: Final = ("https://", "http://")
_PART: Final = re.compile(r"(?:[^.\\]|\\[.\\])+")


def parse_claim_path(text: str) -> tuple[str, ...]:
    r"""The names of a path, from the outermost claim to the innermost.

    A dot divides names, as in Keycloak's own mappers, and ``\.`` is a dot of a name. A path that begins with
    ``https://`` or ``http://`` is a single name: issuers put such a namespace before claims of their users.

    Raises:
        ValueError: a name is empty, or a backslash precedes something else.
    """
    if text.startswith(_URLS):
        return (text,)
    parts = _PART.findall(text)
    if ".".join(parts) != text or not parts:
        raise ValueError(
            r"write names divided by dots, such as org.id, and a dot of a name as \., such as apps.orders\.example.id"
        )
    return tuple(re.sub(r"\\(.)", r"\1", part) for part in parts)


def _checked(text: str) -> str:
    parse_claim_path(text)
    return text


ClaimPath = Annotated[str, AfterValidator(_checked)]
"""A path to a claim, as text."""
ClaimPaths = Annotated[tuple[ClaimPath, ...], NoDecode]
"""Several in one variable, separated by spaces or commas."""
