"""Which settings carry the credential of the API, by the security schemes of its description."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from devkit.scaffold.openapi.arguments import LeftOut
from devkit.simulators.openapi.description import Description, Node, Unresolvable, list_of, mapping_of

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_KEYS: Final = ("api_key", "api_key_two")


@dataclass(frozen=True)
class Scheme:
    """A security scheme that settings can serve.

    Attributes:
        settings: their names, such as ``api_key``.
        place: ``header`` or ``query``.
        name: of the header or query parameter.
        form: ``key``, ``bearer`` or ``basic``.
        expires: it is an access token, which ends.
    """

    settings: tuple[str, ...]
    place: str
    name: str
    form: str
    expires: bool = False


class Credentials:
    """The one credential of the server, and the operations that it serves.

    Attributes:
        schemes: the schemes of that credential, by name. Empty where the API needs none.
    """

    def __init__(self, description: Description, operations: Iterable[Node]) -> None:
        self._description = description
        self._known: dict[str, Scheme] = {}
        self._impossible: dict[str, str] = {}
        components = mapping_of(description.root.get("components"))
        for name, node in mapping_of(components.get("securitySchemes")).items():
            self._read(str(name), node)
        wanted = Counter(
            names for one in operations for names in self._usable(one) if names
        )  # the order of the file decides between equals
        chosen: frozenset[str] = frozenset()
        for names in sorted(wanted, key=lambda names: (-wanted[names], len(names))):
            if self._fit(chosen | names):
                chosen |= names
        self.schemes: Mapping[str, Scheme] = {name: self._known[name] for name in sorted(chosen)}

    @property
    def settings(self) -> list[str]:
        """The names of all settings of the credential, each once."""
        return list(dict.fromkeys(name for scheme in self.schemes.values() for name in scheme.settings))

    def check(self, operation: Node) -> None:
        """Raise `LeftOut` if the credential does not serve an operation."""
        needs = self._needs(operation)
        if not needs or any(names <= self.schemes.keys() for names in needs):
            return
        missing = sorted({name for names in needs for name in names} - self.schemes.keys())
        reasons = [self._impossible.get(name, "of another credential") for name in missing]
        raise LeftOut(f"needs a credential that this server has not: {reasons[0] if reasons else 'unknown'}")

    def _needs(self, operation: Node) -> list[frozenset[str]]:
        """The alternatives, each a set of schemes; an empty set needs none."""
        wanted = operation.get("security", self._description.root.get("security"))
        return [frozenset(map(str, one)) for one in list_of(wanted) if isinstance(one, Mapping)]

    def _usable(self, operation: Node) -> list[frozenset[str]]:
        return [names for names in self._needs(operation) if names <= self._known.keys() and self._fit(names)]

    def _fit(self, names: frozenset[str]) -> bool:
        """Whether the schemes can be sent together."""
        places = [(self._known[name].place, self._known[name].name.lower()) for name in names]
        return len(set(places)) == len(places)

    def _read(self, name: str, node: object) -> None:
        try:
            scheme = self._description.resolved(node)
        except Unresolvable:
            scheme = {}
        kind, form = scheme.get("type"), str(scheme.get("scheme", "")).lower()
        if kind == "apiKey" and scheme.get("in") in ("header", "query"):
            wire = str(scheme.get("name", ""))
            keys = sum(one.form == "key" for one in self._known.values())
            if _NAME.fullmatch(wire) and keys < len(_KEYS):
                self._known[name] = Scheme((_KEYS[keys],), str(scheme["in"]), wire, "key")
            else:
                self._impossible[name] = "a key in a header of an unusual name, or a third key"
        elif kind == "http" and form == "bearer":
            self._known[name] = Scheme(("token",), "header", "Authorization", "bearer")
        elif kind == "http" and form == "basic":
            self._known[name] = Scheme(("username", "password"), "header", "Authorization", "basic")
        elif kind in ("oauth2", "openIdConnect"):
            self._known[name] = Scheme(("token",), "header", "Authorization", "bearer", expires=True)
        elif kind == "apiKey":
            self._impossible[name] = "a cookie"
        elif kind == "mutualTLS":
            self._impossible[name] = "a client certificate"
        else:
            self._impossible[name] = "one of an unknown kind"
