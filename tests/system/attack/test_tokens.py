"""Only the untouched valid credential passes: forged tokens, near misses of keys, and several credentials at once."""

import json
import random
from collections import Counter

import pytest

from devkit.client.api_key import make_key
from tests.system.load.sizes import SEED
from tests.system.load.wire import Answer

from .connection import MEDIA, Connection
from .fleet import Fleet, Server
from .forged_tokens import Forger
from .oracle import problems
from .report import REPORT, Suite
from .sizes import share

CASES = share(0.06)
BODY = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "weather_whoami", "arguments": {}}}
).encode()
REFUSED = {400, 401, 431}


@pytest.fixture(scope="module")
def key() -> tuple[str, str]:
    """A valid API key, and the file that lists it."""
    made = make_key("robot", subject="robot", tenant="acme", scopes=["weather:read"], days=1)
    return made.key, made.entry


@pytest.fixture(scope="module")
def server(fleet: Fleet, key: tuple[str, str]) -> Server:
    file = fleet.folder / "keys.yaml"
    file.write_text(key[1])
    return fleet.start("weather", api_keys_file=str(file))


def served(answer: Answer, subject: str) -> bool:
    return answer.status == 200 and f'"subject":"{subject}"'.encode() in answer.body


class Door:
    """Tries credentials at a server."""

    def __init__(self, server: Server, connection: Connection, suite: Suite) -> None:
        self._host = f"Host: {server.endpoint.split('/')[2]}\r\n{MEDIA}"
        self._connection = connection
        self._suite = suite
        self.outcomes = Counter[str]()

    async def try_(self, label: str, credentials: str, subject: str | None) -> None:
        """Send header lines; `subject` is who they are of, or None where they must be refused."""
        self._suite.case()
        try:
            answer = await self._connection.post(self._host + credentials, BODY)
        except ConnectionError:
            self._suite.fail(f"{label}: no answer", credentials)
            return
        self.outcomes[f"{'valid' if subject else 'invalid'} {answer.status}"] += 1
        right = served(answer, subject) if subject else answer.status in REFUSED
        if not right:
            self._suite.fail(f"{label}: {answer.status} {answer.body[:200]!r}", credentials)
        for problem in problems(answer, credentials):
            self._suite.fail(f"{label}: {problem}", credentials)


@pytest.mark.slow
async def test_only_untouched_tokens_pass(server: Server) -> None:
    with REPORT.suite("tokens") as suite, Connection(server.base_url) as connection:
        door, forger = Door(server, connection, suite), Forger(server.issuer, server.endpoint, random.Random(SEED))
        for _ in range(CASES * 3 // 4):
            token = forger.draw()
            if "\r" in token.text or "\n" in token.text:
                continue
            await door.try_(token.label, f"Authorization: Bearer {token.text}\r\n", "dev" if token.valid else None)
        suite.notes.append(str(dict(sorted(door.outcomes.items()))))


def near_misses(chance: random.Random, key: str) -> tuple[str, str]:
    """A header line with a key that is nearly right, and what is wrong with it."""
    place = chance.randrange(len(key))
    other = chance.choice("abcXYZ019-_ .=\xe9")
    odd = chance.choice(
        (
            *(key[:place], key[place:], key + other, other.strip() + key[1:], key.upper(), key.swapcase(), key * 2),
            *(key[:place] + other + key[place + 1 :], key[:place] + other + key[place:], key.replace("_", "-", 1)),
            *(f'"{key}"', f"{key},{key}", f"{key};", f"fleet_{key}", key.removeprefix("fleet_"), "fleet_", "fleet__"),
        )
    )
    return odd, chance.choice(("Authorization: Bearer ", "X-API-Key: ", "Authorization: bearer "))


@pytest.mark.slow
async def test_only_the_exact_key_passes(server: Server, key: tuple[str, str]) -> None:
    chance = random.Random(SEED)
    with REPORT.suite("tokens") as suite, Connection(server.base_url) as connection:
        door = Door(server, connection, suite)
        for _ in range(CASES // 8):
            odd, header = near_misses(chance, key[0])
            right = odd.strip() == key[0]  # white space around a value is no part of it (RFC 9110 §5.5)
            await door.try_("near miss", f"{header}{odd}\r\n", "robot" if right else None)
            await door.try_("key", f"{header}{key[0]}\r\n", "robot")


@pytest.mark.slow
async def test_several_credentials_are_refused(server: Server, key: tuple[str, str]) -> None:
    chance, bearer = random.Random(SEED), "Authorization: Bearer "
    with REPORT.suite("tokens") as suite, Connection(server.base_url) as connection:
        door = Door(server, connection, suite)
        for _ in range(max(1, CASES // 160)):
            token = server.token(subject="dev")
            forged = Forger(server.issuer, server.endpoint, chance).draw()
            pair = [f"{bearer}{token}\r\n", f"{bearer}{token}\r\n"]
            if not forged.text.isprintable() or not forged.text.isascii():
                continue
            for label, lines in {
                "the same twice": "".join(pair),
                "valid and forged": f"{pair[0]}{bearer}{forged.text}\r\n",
                "forged and valid": f"{bearer}{forged.text}\r\n{pair[0]}",
                "token and key": f"{pair[0]}X-API-Key: {key[0]}\r\n",
                "key and token": f"x-api-key: {key[0]}\r\n{pair[0]}",
                "two keys": f"X-API-Key: {key[0]}\r\n" * 2,
                "list of tokens": f"{bearer}{token}, Bearer {token}\r\n",
                "basic": f"Authorization: Basic {token}\r\n",
                "no scheme": f"Authorization: {token}\r\n",
                "scheme twice": f"{bearer}Bearer {token}\r\n",
                "tab": f"Authorization: Bearer\t{token}\r\n",
                "as a token in a key": f"X-API-Key: {token}\r\n",
                "cookie": f"Cookie: access_token={token}; Authorization=Bearer {token}\r\n",
                "proxy": f"Proxy-Authorization: Bearer {token}\r\n",
                "user of a proxy": "X-Forwarded-User: dev\r\nX-Remote-User: dev\r\nX-Client-Cert: dev\r\n",
                "underscore": f"X_API_Key: {key[0]}\r\nAuthorization_: Bearer {token}\r\n",
                "space before the colon": f"Authorization : Bearer {token}\r\n",
                "folded": f"X: y\r\n Authorization: Bearer {token}\r\n",
                "empty": bearer + "\r\n",
                "two lengths": f"{pair[0]}Content-Length: 5\r\n",
                "length and chunks": f"{pair[0]}Transfer-Encoding: chunked\r\n",
            }.items():
                await door.try_(label, lines, None)
            await door.try_("valid", pair[0], "dev")
