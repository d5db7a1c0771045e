"""Mentions of staff in internal notes: ``@hana.sato``, ``@hana-sato``, or ``@hana`` where that is one person."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from servicekit.schema import nearest
from servicekit.storage.search_terms import fold
from ticketing_mcp.models.users import User

MOST_MENTIONS: Final = 20
"""Different mentions in a note that are resolved."""
_MENTION = re.compile(r"(?<![\w.@/+-])@(?P<name>[^\W_](?:[\w.-]{0,62}\w)?)")
_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Mentions:
    """The staff that a note mentions, and mentions that are not exactly one of them, with the ids that are near."""

    user_ids: tuple[str, ...] = ()
    unknown: tuple[tuple[str, tuple[str, ...]], ...] = ()


def mentions_in(body: str) -> list[str]:
    """The names after ``@`` in a note, each once; not in an e-mail address or a path."""
    return list(dict.fromkeys(match["name"] for match in _MENTION.finditer(body)))[:MOST_MENTIONS]


def resolved(names: Iterable[str], staff: Sequence[User]) -> Mentions:
    """Whom the names mean: by user id, full name or name in the e-mail address, else by a first name that one has."""
    found: list[str] = []
    unknown: list[tuple[str, tuple[str, ...]]] = []
    for name in names:
        form = _form(name)
        meant = [user.id for user in staff if form in _full_forms(user)]
        meant = meant or [user.id for user in staff if form == _form(user.name.split()[0])]
        if len(meant) == 1:
            found += meant
        else:
            near = meant[:5] or nearest(name, {user.id: user.name for user in staff}, only_similar=True)
            unknown.append((name, tuple(near)))
    return Mentions(tuple(dict.fromkeys(found)), tuple(unknown))


def _full_forms(user: User) -> set[str]:
    return {_form(user.id), _form(user.name), _form(user.email.partition("@")[0])}


def _form(name: str) -> str:
    """Without case, accents and separators."""
    return _SEPARATORS.sub("", fold(name))
