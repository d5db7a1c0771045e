"""How a server declares its arguments that take an identifier: each names what must exist, or something new."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Examples = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """An argument that names something that must exist.

    Attributes:
        misspelt: makes a wrong value of a right one.
        is_near: the refusal gives the right value; not for numbers, of which none is near.
    """

    misspelt: Callable[[str], str] = lambda value: f"{value}x"
    is_near: bool = True


NEW = None
"""Declares an argument that names something new, or a value that is compared with the present one."""
NUMBER = Names(lambda _: "987654321", is_near=False)
EXAMPLE = object()
"""Stands for the example of an optional argument."""
