"""Scopes as the issuer names them: in its tokens, and in what clients request from it."""

from collections.abc import Iterable

from servicekit.settings.sign_in import SCOPE, SignInSettings


class IssuerScopes:
    """Translates between the scopes of a server and their names at the issuer.

    Args:
        settings: SCOPE_NAMES and SCOPE_REQUEST.
    """

    def __init__(self, settings: SignInSettings) -> None:
        self._granted_by: dict[str, list[str]] = {}
        for pair in settings.scope_names:
            scope, _, name = pair.partition("=")
            self._granted_by.setdefault(scope, []).append(name)
        self._names = frozenset(name for names in self._granted_by.values() for name in names)
        self._request = settings.scope_request
        self._requests_plainly = settings.scope_request == (SCOPE,)

    def granted(self, names: Iterable[str]) -> frozenset[str]:
        """The scopes of a token with these names. A scope that has other names is granted by those only."""
        given = frozenset(names)
        renamed = {scope for scope, names in self._granted_by.items() if not given.isdisjoint(names)}
        return frozenset((given - self._granted_by.keys() - self._names) | renamed)

    def request(self, scopes: Iterable[str]) -> list[str]:
        """What a client requests from the issuer in order to get these scopes, sorted."""
        names = [self._granted_by.get(scope, [scope])[0] for scope in scopes]
        words = (word.replace(SCOPE, name) for name in names for word in self._request)
        return sorted(set(words))

    def repeat(self, granted: Iterable[str], own: Iterable[str]) -> list[str]:
        """What a client requests in order to keep the scopes of its token, where `own` are those of this server.

        Scopes of no server, such as `openid`, are requested by their name; where requests differ from the names in
        tokens, they are left out, since their name is not known.
        """
        kept = frozenset(granted)
        known = kept.intersection(own)
        return sorted({*self.request(known), *(kept - known if self._requests_plainly else ())})
