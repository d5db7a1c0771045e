"""The part of `uv.lock` that one server is built from."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Package = Mapping[str, Any]

_BUILT_FROM = ("name", "version", "source", "dependencies", "optional-dependencies", "sdist", "wheels")


def slice_of(lock: str, root: str) -> str:
    """The locked packages in the image of `root`, all extras included, with versions and hashes.

    Args:
        lock: the text of `uv.lock`.
        root: a package of the workspace, such as ``mcp-fleet-orders``.

    Returns:
        JSON, to compare: two locks with the same text install the same files.
    """
    by_name: dict[str, list[Package]] = {}
    for package in tomllib.loads(lock)["package"]:
        by_name.setdefault(package["name"], []).append(package)
    seen: set[tuple[str, str]] = set()
    extras = (extra for package in by_name.get(root, ()) for extra in package.get("optional-dependencies", {}))
    waiting = [(root, ""), *((root, extra) for extra in extras)]
    while waiting:
        wanted = waiting.pop()
        if wanted not in seen:
            seen.add(wanted)
            waiting += _needs(by_name.get(wanted[0], ()), wanted[1])
    names = sorted({name for name, _ in seen})
    found = [
        {key: package[key] for key in _BUILT_FROM if key in package}
        for name in names
        for package in by_name.get(name, ())
    ]
    return json.dumps(found, sort_keys=True)


def _needs(versions: Sequence[Package], extra: str) -> Iterator[tuple[str, str]]:
    """The dependencies of a package, or of one of its extras, as pairs of name and extra."""
    for package in versions:
        listed = package.get("optional-dependencies", {}).get(extra, ()) if extra else package.get("dependencies", ())
        for dependency in listed:
            yield dependency["name"], ""
            yield from ((dependency["name"], further) for further in dependency.get("extra", ()))
