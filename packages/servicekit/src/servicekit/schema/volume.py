"""How much text from outside a result holds: by this the pipeline decides whether to serialise it in a thread."""

from collections.abc import Iterable
from typing import Any

Tree = dict[str, "Tree"]
"""Names of fields on the way to untrusted text; a field without further names is a text, or a list of texts."""


def text_fields(paths: Iterable[str]) -> Tree:
    """The tree of paths such as ``items[].author.name``."""
    tree: Tree = {}
    for path in paths:
        branch = tree
        for name in path.replace("[]", "").split("."):
            branch = branch.setdefault(name, {})
    return tree


def volume(value: Any, tree: Tree) -> int:
    """Characters of the untrusted texts in a result. Costs one look at each of them."""
    kind = type(value)
    if kind is str:
        return len(value)
    if value is None or (not tree and kind is not list and kind is not tuple):
        return 0
    if kind is list or kind is tuple:
        return sum([volume(item, tree) for item in value])
    return sum([volume(getattr(value, name, None), tree[name]) for name in tree])
