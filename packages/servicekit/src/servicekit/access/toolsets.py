"""The toolsets of a server: which there are, which clients may choose, and which are listed by default."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

ALL: Final = "all"
DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Toolsets:
    """The toolsets of one server, as its operator offers them.

    Attributes:
        known: all of them.
        allowed: those that clients may use.
        listed: those of these that a client gets without choosing.
        setting: the environment variable of the operator's choice, for refusals.
    """

    known: frozenset[str]
    allowed: frozenset[str]
    listed: frozenset[str]
    setting: str

    @classmethod
    def of(
        cls, known: Iterable[str], listed: Collection[str] | None, words: Collection[str], setting: str
    ) -> "Toolsets":
        """The toolsets that the operator's words offer.

        Args:
            known: the toolsets of the registrations.
            listed: those that the server lists by default; None for all.
            words: ``all``, names, or ``default``, which leaves every choice to clients.
            setting: the environment variable with these words.

        Raises:
            ValueError: a word or a default names no toolset.
        """
        every = frozenset(known)
        default = every if listed is None else frozenset(listed)
        names = frozenset(words) - {ALL, DEFAULT}
        if unknown := sorted((names | default) - every):
            choice = ", ".join(sorted(every)) or "none"
            raise ValueError(f"{setting}: there is no toolset {', '.join(unknown)}. Toolsets: {choice}.")
        if ALL in words:
            return cls(every, every, every, setting)
        if DEFAULT in words or not words:
            return cls(every, every, default | names, setting)
        return cls(every, names, names, setting)

    def chosen(self, words: Collection[str]) -> frozenset[str]:
        """The toolsets of a client's words: ``all``, ``default`` and names."""
        if ALL in words:
            return self.allowed
        return (frozenset(words) - {DEFAULT}) | (self.listed if DEFAULT in words else frozenset())

    def why_off(self, toolset: str, chosen: frozenset[str] | None) -> str | None:
        """Why a toolset is off for a client, and how to turn it on; None where it is on.

        Args:
            chosen: the toolsets that the client chose; None if it did not choose.
        """
        if toolset in (self.listed if chosen is None else self.allowed & chosen):
            return None
        if toolset not in self.allowed:
            return f"The operator of this server does not offer the toolset {toolset} ({self.setting})."
        if chosen is not None:
            return f"Your client's X-MCP-Toolsets header excludes the toolset {toolset}. To use it, add it there."
        return (
            f"The toolset {toolset} is off by default. To turn it on, send the header X-MCP-Toolsets: "
            f"default,{toolset} with your requests, or set {self.setting}=default,{toolset} where the server starts."
        )
