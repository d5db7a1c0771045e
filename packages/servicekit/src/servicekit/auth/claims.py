"""The caller of an access token, from claims whose names and places differ between issuers."""

from collections.abc import Mapping
from typing import Any, Final

from servicekit.auth.errors import InvalidCredential
from servicekit.auth.scopes import IssuerScopes
from servicekit.core.caller import Caller
from servicekit.core.grants import are_grants
from servicekit.settings.claim_path import parse_claim_path
from servicekit.settings.sign_in import SignInSettings

Claims = Mapping[str, Any]

_MAX_NAME_LENGTH: Final = 255
_MAX_EXPIRY: Final = 253402300799  # the last second of the year 9999, the end of `datetime`'s range
# Claims that only ID tokens have (OpenID Connect Core §2, §3.1.3.6). An ID token authorizes no call.
_ID_TOKEN_CLAIMS: Final = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})
# Keycloak names the kind of a token in its claim `typ` (ID, Refresh, Bearer), Amazon Cognito in `token_use`.
_KINDS: Final = {"typ": frozenset({"bearer", "dpop", "at+jwt"}), "token_use": frozenset({"access"})}
_ABSENT: Final = object()


class CallerClaims:
    """Reads the caller from the claims of a verified token.

    Args:
        settings: the names and places of the claims.
    """

    def __init__(self, settings: SignInSettings) -> None:
        self._leeway = settings.token_leeway
        self._tenant = settings.token_tenant
        self._scopes = IssuerScopes(settings)
        self._subject_path = parse_claim_path(settings.subject_claim)
        self._tenant_path = parse_claim_path(settings.tenant_claim)
        self._grants_path = parse_claim_path(settings.grants_claim)
        self._client_paths = [parse_claim_path(path) for path in settings.client_claims]
        self._scope_paths = [parse_claim_path(path) for path in settings.scope_claims]

    def caller(self, claims: Claims) -> Caller:
        """The caller.

        Raises:
            InvalidCredential: a claim is missing, or has another type.
        """
        expiry = claims["exp"]
        if not isinstance(expiry, int | float) or expiry > _MAX_EXPIRY:
            raise InvalidCredential("expiry")
        subject = self._name("subject", claims, self._subject_path)
        if subject is None:
            raise InvalidCredential("subject")
        grants = _at("grants", claims, self._grants_path)
        grants = {} if grants is _ABSENT else grants
        if not are_grants(grants):
            raise InvalidCredential("grants")
        return Caller(
            subject=subject,
            client_id=self._client(claims) or "unknown",
            tenant=self._tenant or self._name("tenant", claims, self._tenant_path),
            scopes=self._scopes.granted(self._scope_names(claims) or ()),
            auth_method="oauth",
            expires_at=float(expiry) + self._leeway,
            grants=grants,
        )

    def refuse_id_token(self, claims: Claims, *, is_typed: bool) -> None:
        """Refuse what is no access token.

        Args:
            claims: of a verified token.
            is_typed: the header says at+jwt. Another header may also be an ID token's, so the claims must then show
                that it is none: a client and scopes, and an audience that is not the client (OpenID Connect Core §2).

        Raises:
            InvalidCredential: it is an ID token, or might be.
        """
        if not _ID_TOKEN_CLAIMS.isdisjoint(claims) or str(claims.get("token_use", "access")).lower() == "id":
            raise InvalidCredential("id_token")
        if is_typed:
            return
        for claim, kinds in _KINDS.items():
            if claim in claims and str(claims[claim]).lower() not in kinds:
                raise InvalidCredential("id_token")
        client, audience = self._client(claims), claims["aud"]
        audiences = audience if isinstance(audience, list) else [audience]
        if client is None or client in audiences or self._scope_names(claims) is None:
            raise InvalidCredential("id_token")

    def _client(self, claims: Claims) -> str | None:
        names = (self._name("client", claims, path) for path in self._client_paths)
        return next((name for name in names if name is not None), None)

    def _scope_names(self, claims: Claims) -> list[str] | None:
        """The names in the first claim of scopes that the token has; None where it has no such claim."""
        for path in self._scope_paths:
            value = _at("scope", claims, path)
            if value is _ABSENT:
                continue
            names = value.split() if isinstance(value, str) else value
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise InvalidCredential("scope")
            return names
        return None

    def _name(self, reason: str, claims: Claims, path: tuple[str, ...]) -> str | None:
        """A name in a claim; None where there is none. Raises `InvalidCredential` for anything else."""
        value = _at(reason, claims, path)
        if value is _ABSENT or value is None:
            return None
        if isinstance(value, str) and 0 < len(value) <= _MAX_NAME_LENGTH and value.isprintable():
            return value  # safe in keys and logs
        raise InvalidCredential(reason)


def _at(reason: str, claims: Claims, path: tuple[str, ...]) -> Any:
    """The value of a claim; `_ABSENT` where an object on the way has no such name.

    A list on the way is refused: which of its entries counts would be a guess.
    """
    value: Any = claims
    for name in path:
        if not isinstance(value, Mapping):
            raise InvalidCredential(reason)
        if name not in value:
            return _ABSENT
        value = value[name]
    return value
