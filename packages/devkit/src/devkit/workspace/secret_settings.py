"""Recognises secret settings by their type."""

import types
import typing
from typing import Any

from pydantic import SecretStr


def is_secret(annotation: Any) -> bool:
    """Whether the type holds a `SecretStr`, also in a union or a tuple."""
    if annotation is SecretStr:
        return True
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, tuple, typing.Annotated):
        return any(is_secret(part) for part in typing.get_args(annotation))
    return False
