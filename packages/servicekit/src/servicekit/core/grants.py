"""Resource grants: which resources of a kind a caller may touch, by the lists of its credential and its policy."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from servicekit.core.name_patterns import NamePatterns, name_patterns

GrantKind = Literal["queues", "repositories"]
"""The kinds of resources that grants name in this fleet. A policy file with another kind is refused."""


class Granted:
    """The names of a kind that a caller may touch: those that match an entry of every list.

    Names are compared with each list by itself. A list of what two lists of patterns have in common would not do:
    ``acme/?`` and ``acme/*`` share names that neither of both patterns describes alone.

    Attributes:
        lists: the lists, at least one.
    """

    __slots__ = ("_ignore_case", "_patterns", "lists")

    def __init__(self, lists: Sequence[Sequence[str]], *, ignore_case: bool = False) -> None:
        self._ignore_case = ignore_case
        folded = [tuple(map(str.lower, entries)) if ignore_case else tuple(entries) for entries in lists]
        self.lists: Final = folded
        self._patterns: list[NamePatterns] = [name_patterns(entries) for entries in folded]

    def allows(self, name: str) -> bool:
        """Whether the caller may touch the resource of this name."""
        if self._ignore_case:
            name = name.lower()
        return all(patterns.match(name) for patterns in self._patterns)

    def allows_new(self, name: str) -> bool:
        """Whether the caller may create a resource of this name: every list has a pattern that stands for it.

        A plain name is about a resource that exists, and allows no other one.
        """
        if self._ignore_case:
            name = name.lower()
        return all(patterns.stands_for(name) for patterns in self._patterns)

    def names(self) -> frozenset[str] | None:
        """Every name that is allowed; None where each list has a pattern, so that names cannot be listed."""
        listed = [patterns.names for patterns in self._patterns if patterns.only_names]
        return frozenset(name for name in listed[0] if self.allows(name)) if listed else None


def are_grants(value: object) -> bool:
    """Whether a claim has the form of grants: lists of names, by kind."""
    return isinstance(value, Mapping) and all(
        isinstance(kind, str) and isinstance(names, list) and all(isinstance(name, str) for name in names)
        for kind, names in value.items()
    )


def lists_of(kind: str, *sources: Mapping[Any, Any]) -> list[Sequence[str]]:
    """The lists of a kind in each source that has one."""
    return [source[kind] for source in sources if kind in source]
