"""Which users and groups a query finds."""

from devkit.simulators.zendesk.records.people import Group, User
from devkit.simulators.zendesk.search.query import Query, Term, has_words, words_of
from devkit.simulators.zendesk.world import World

_ROLES = {"end-user": "end-user", "enduser": "end-user", "agent": "agent", "admin": "admin"}


def find_users(world: World, query: Query) -> list[User]:
    """The users of a query, by name."""
    found = [user for user in world.users.values() if all(_fits(user, term) != term.negated for term in query.terms)]
    return sorted(found, key=lambda user: user.name)


def find_groups(world: World, query: Query) -> list[Group]:
    """The groups of a query, by name."""
    terms = [term for term in query.terms if term.key != "type"]
    found = [
        group
        for group in world.groups.values()
        if not group.deleted and all(_names(group.name, term) != term.negated for term in terms)
    ]
    return sorted(found, key=lambda group: group.name)


def _names(name: str, term: Term) -> bool:
    return term.key in (None, "name") and has_words(words_of(name), term.value, is_phrase=term.is_phrase)


def _fits(user: User, term: Term) -> bool:
    folded, email = term.value.casefold(), (user.email or "").casefold()
    match term.key:
        case None:
            whole = words_of(f"{user.name} {email}")
            return folded == email or has_words(whole, term.value, is_phrase=term.is_phrase)
        case "type":
            return folded == "user"
        case "name":
            return has_words(words_of(user.name), term.value, is_phrase=term.is_phrase)
        case "email":
            return email.endswith(folded.lstrip("*")) if folded.startswith("*") else email == folded
        case "role":
            return user.role == _ROLES.get(folded)
        case "external_id":
            return user.external_id == term.value
    return False
