"""Access tokens that no server may accept, made from what an attacker can get, and a few valid ones."""

import base64
import hmac
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from devkit.issuer.keys import KeyPair, access_claims, sign_claims
from devkit.issuer.testing import RunningIssuer

_OTHER_TYPES: Final = ("JWT", "jwt", "at+jwt ", "at", "", "id+jwt", ["at+jwt"], None, 5, "at+jwt;x", "logout+jwt")
_KEY_IDS: Final = ("", "../../../../dev/null", "' OR 1=1 --", "x" * 3000, "\0", 5, None, [], {}, "__proto__", "0")


@dataclass(frozen=True)
class Token:
    """A token, why it is none, and whether it is valid all the same."""

    label: str
    text: str
    valid: bool = False


class Forger:
    """Draws tokens for one server.

    Args:
        issuer: the issuer whose tokens the server accepts.
        endpoint: the server's public URL.
    """

    def __init__(self, issuer: RunningIssuer, endpoint: str, chance: random.Random) -> None:
        self._issuer, self._endpoint, self._chance = issuer, endpoint, chance
        self._own = KeyPair.generate()
        self._curve = KeyPair.generate("ES256")
        self._kinds: tuple[Callable[[], Token], ...] = (
            *(
                self._valid,
                self._valid,
                self._unsigned,
                self._confused,
                self._other_key,
                self._key_id,
                self._header,
                self._type,
            ),
            *(self._audience, self._issuer_name, self._times, self._names, self._id_token, self._cut, self._flipped),
            *(self._flipped, self._spelling, self._spelling, self._spliced, self._oversized, self._noise),
        )

    def draw(self) -> Token:
        """A token of any kind."""
        return self._chance.choice(self._kinds)()

    def _claims(self, **changes: Any) -> dict[str, Any]:
        claims = access_claims(issuer=self._issuer.url, audience=self._endpoint, scopes=["weather:read"])
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def _right(self, **claims: Any) -> str:
        return sign_claims(self._issuer.key, self._claims(**claims))

    def _valid(self) -> Token:
        chance = self._chance
        audience = chance.choice((self._endpoint, [self._endpoint], ["https://other.example", self._endpoint]))
        kind = chance.choice(("at+jwt", "AT+JWT", "application/at+jwt"))
        return Token("valid", sign_claims(self._issuer.key, self._claims(aud=audience), {"typ": kind}), valid=True)

    def _unsigned(self) -> Token:
        algorithm = self._chance.choice(("none", "None", "NONE", "nOnE", "", None, "RS256", "HS256"))
        signature = self._chance.choice(("", "AA", "e30"))
        return Token(
            f"alg {algorithm}", f"{_part({'alg': algorithm, **self._rest()})}.{_part(self._claims())}.{signature}"
        )

    def _confused(self) -> Token:
        key = self._issuer.key
        secrets = (key.public_pem(), json.dumps(key.jwk()).encode(), key.jwk()["n"].encode(), b"", b"secret", b"\0")
        algorithm = self._chance.choice(("HS256", "HS384", "HS512"))
        message = f"{_part({'alg': algorithm, **self._rest()})}.{_part(self._claims())}"
        signature = hmac.digest(self._chance.choice(secrets), message.encode(), f"sha{algorithm[2:]}")
        return Token(algorithm, f"{message}.{_encode(signature)}")

    def _other_key(self) -> Token:
        key = self._chance.choice((self._own, self._curve))
        algorithm = self._chance.choice((key.algorithm, "RS256", "ES256", "EdDSA", "PS256", "RS512", "ES256K"))
        return Token(
            "another key", sign_claims(key, self._claims(), {"alg": algorithm, "kid": self._issuer.key.key_id})
        )

    def _key_id(self) -> Token:
        return Token("key id", sign_claims(self._own, self._claims(), {"kid": self._chance.choice(_KEY_IDS)}))

    def _header(self) -> Token:
        """Keys of the attacker in the header."""
        own = self._own.jwk()
        headers: tuple[dict[str, Any], ...] = (
            {"jwk": own},
            {"jku": f"{self._issuer.url}/x"},
            {"jku": "http://127.0.0.1:9/jwks.json"},
            {"x5u": "http://127.0.0.1:9/x.pem"},
            {"x5c": ["AAAA"]},
            {"jwk": own, "kid": own["kid"]},
            {"zip": "DEF"},
        )
        return Token("key in header", sign_claims(self._own, self._claims(), self._chance.choice(headers)))

    def _type(self) -> Token:
        if self._chance.random() < 0.3:
            critical = self._chance.choice((["exp"], ["b64"], [], ["x"], "exp", {}))
            return Token("crit", sign_claims(self._issuer.key, self._claims(), {"crit": critical, "b64": False}))
        kind = self._chance.choice(_OTHER_TYPES)
        return Token(f"typ {kind}", sign_claims(self._issuer.key, self._claims(), {"typ": kind}))

    def _audience(self) -> Token:
        own = self._endpoint
        audiences = (
            f"{own}/",
            own.upper(),
            own[:-1],
            f"{own}x",
            own.replace("127.0.0.1", "localhost"),
            "*",
            "",
            [],
            None,
        )
        wrong = self._chance.choice((*audiences, {own: 1}, 5, [f"{own}/"], f" {own}", own.rpartition("/")[0], [[own]]))
        return Token(f"aud {wrong}", self._right(aud=wrong))

    def _issuer_name(self) -> Token:
        own = self._issuer.url
        names = (
            f"{own}/",
            own.upper(),
            own[:-1],
            "",
            None,
            [own],
            {own: 1},
            5,
            own.replace("http", "https"),
            f"{own} ",
        )
        wrong = self._chance.choice(names)
        return Token(f"iss {wrong}", self._right(iss=wrong))

    def _times(self) -> Token:
        now = int(time.time())
        wrong = self._chance.choice(
            (
                *({"exp": now - past} for past in (30, 3600, now)),
                *(
                    {"exp": odd}
                    for odd in (None, -1, "x", [], {}, "", float("nan"), float("-inf"), 10**400, str(now) + "x")
                ),
                *({"nbf": later} for later in (now + 60, now + 10**6, "x", [])),
                {"iat": "x"},
            )
        )
        return Token(f"times {wrong}"[:80], self._right(**wrong))

    def _names(self) -> Token:
        subjects = (None, "", 5, [], {}, "x" * 256, "a\nb", "a\0b", "\u202e", True)
        wrong = self._chance.choice(
            (
                *({"sub": odd} for odd in subjects),
                *({"tenant": odd} for odd in ("", 5, [], ["acme"], "x" * 256, "acme\n", "acme\0", {})),
                *({"scope": odd} for odd in (5, {}, [5], [["weather:read"]], True)),
                *({"grants": odd} for odd in (5, [], "x", {"a": "b"}, {"a": [5]}, {"a": {}})),
            )
        )
        return Token(f"names {wrong}"[:80], self._right(**wrong))

    def _id_token(self) -> Token:
        wrong = self._chance.choice(({"nonce": "x"}, {"at_hash": "x"}, {"c_hash": ""}, {"token_use": "id"}))
        return Token(f"ID token {wrong}", self._right(**wrong))

    def _cut(self) -> Token:
        text = self._right()
        return Token("truncated", text[: self._chance.randrange(len(text))])

    def _flipped(self) -> Token:
        """One bit of one of the three parts, before it is encoded."""
        parts = [_decode(part) for part in self._right().split(".")]
        place = self._chance.randrange(3)
        part = bytearray(parts[place])
        part[self._chance.randrange(len(part))] ^= 1 << self._chance.randrange(8)
        parts[place] = bytes(part)
        return Token("bit flipped", ".".join(map(_encode, parts)))

    def _spelling(self) -> Token:
        """The right bytes in a spelling that no issuer sends; two spellings of a token would be two tokens."""
        chance, text = self._chance, self._right()
        place = chance.randrange(1, len(text))
        last = text[-1]
        wrong = chance.choice(
            (
                *(text[:place] + odd + text[place:] for odd in ("!", "=", "*", " ", "\t", "\xa0", "%", "~")),
                *(f"{text}=", f"{text}==", f"{text}.", f".{text}", text + "A", text[:-1] + _next(last)),
                text.replace("-", "+").replace("_", "/") if "-" in text or "_" in text else f"{text}=",
            )
        )
        return Token("spelling", wrong)

    def _spliced(self) -> Token:
        """Parts of two valid tokens, or raised claims under a valid signature."""
        one, other = self._right().split("."), self._right(sub="root", tenant="globex").split(".")
        raised = _part(self._claims(scope="weather:read weather:write", tenant="globex"))
        twice = _encode(b'{"sub":"root",' + _decode(one[1])[1:])
        spliced = self._chance.choice(
            (
                *([one[0], other[1], one[2]], [one[0], raised, one[2]], [one[0], twice, one[2]], [*one, one[2]]),
                *(
                    [one[0], one[1]],
                    [one[1], one[0], one[2]],
                    [one[0], "", one[2]],
                    ["", *one[1:]],
                    [one[0], one[1], ""],
                ),
                [_part({"alg": "none"}), one[1], one[2]],
            )
        )
        return Token("spliced", ".".join(spliced))

    def _oversized(self) -> Token:
        deep: Any = "x"
        for _ in range(self._chance.choice((10, 400))):
            deep = [deep]
        claim = self._chance.choice(("y" * 9000, deep if self._chance.random() < 0.5 else "z" * 20_000))
        text = self._right(extra=claim)
        return Token("oversized", text if len(text) > 8192 else f"{text}{'A' * 9000}")

    def _noise(self) -> Token:
        chance = self._chance
        letters = "abcXYZ019-_.=/+ é\xff"
        odd = ("e30.e30.e30", "..", "....", ".", "null", "undefined", "Bearer", "a.b.c", "e30.e30.", "W10.W10.W10")
        noise = "".join(chance.choice(letters) for _ in range(chance.randint(1, 300))).strip() or "."
        return Token("noise", chance.choice((*odd, noise)))

    def _rest(self) -> dict[str, Any]:
        return {"kid": self._issuer.key.key_id, "typ": "at+jwt"}


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _part(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value).encode())


def _next(letter: str) -> str:
    """The letter after one in the alphabet of base64url: the last of a signature has bits that are not used."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[(letters.index(letter) + 1) % 64]
