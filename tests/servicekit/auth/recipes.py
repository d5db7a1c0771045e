"""The recipes of docs/identity-providers.md: settings and a token of each, and a server that runs with them."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
import jwt

from devkit.issuer.keys import KeyPair
from devkit.settings import WORKSPACE
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import general_app
from tests.servicekit.conftest import ACCEPT, era_headers, post

from .scripted_issuer import KEYS, ScriptedIssuer, scripted

PAGE = WORKSPACE / "docs" / "identity-providers.md"
RECIPE = re.compile(r"^<!-- recipe: (.+?) -->\n(?:```sh\n(.*?)^```\n\n)?```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
KEY = KeyPair.generate()
Claims = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """One recipe, about books instead of orders."""

    settings: Mapping[str, str]
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def issuer(self) -> str:
        return self.settings["issuer"]

    @property
    def has_typed_tokens(self) -> bool:
        return "token_types" not in self.settings


def read_recipes() -> dict[str, Recipe]:
    recipes: dict[str, Recipe] = {}
    for name, block, token in RECIPE.findall(PAGE.read_text(encoding="utf-8").replace("orders", "books")):
        content = json.loads(token)
        lines = [line.removeprefix("ORDERS_").partition("=") for line in block.splitlines()]
        settings = {key.lower(): value for key, _, value in lines} or recipes[content["settings of"]].settings
        recipes[name] = Recipe(settings, content["header"], content["claims"])
    return recipes


RECIPES = read_recipes()


@dataclass(frozen=True)
class RecipeSite:
    """A server that runs with the settings of a recipe, and a provider that publishes the keys."""

    recipe: Recipe
    provider: ScriptedIssuer
    base_url: str

    def place(self, content: Any) -> Any:
        """The content with the addresses of the running server and provider instead of those on the page."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.recipe.issuer))
        text = json.dumps(content).replace(origin, self.provider.url)
        return json.loads(text.replace(self.recipe.settings["public_url"], f"{self.base_url}/mcp"))

    @property
    def claims(self) -> Claims:
        """Those of the page, with times of now."""
        now = int(time.time())
        claims: Claims = self.place({**self.recipe.claims, "iat": now, "nbf": now, "exp": now + 3600})
        return claims

    def token(self, key: KeyPair = KEY, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """The token of the page with changed claims and header; None removes a claim."""
        claims = {name: value for name, value in {**self.claims, **changes}.items() if value is not None}
        headers = {"kid": KEY.key_id, **self.recipe.header, **(header or {})}
        return jwt.encode(claims, key.private_key, headers["alg"], headers)  # type: ignore[arg-type]

    def call(self, token: str, tool: str = "get_book", arguments: Any = None) -> httpx2.Response:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": {"number": 1} if arguments is None else arguments},
        }
        headers = {"Authorization": f"Bearer {token}", **ACCEPT, **era_headers("tools/call")}
        return post(f"{self.base_url}/mcp", json=message, headers=headers)


@contextmanager
def recipe_site(recipe: Recipe, **changes: Any) -> Iterator[RecipeSite]:
    """A running server, with changed settings; None removes one."""
    with scripted() as provider:
        path = urlsplit(recipe.issuer).path.rstrip("/")
        entry = {name: value for name, value in KEY.jwk().items() if name != "alg"}  # as Entra publishes them
        metadata = {"issuer": provider.url + urlsplit(recipe.issuer).path, "jwks_uri": f"{provider.url}{KEYS}"}
        provider.answers.clear()
        provider.publish(entry)
        provider.say(f"{path}/.well-known/openid-configuration", metadata)
        if (url := recipe.settings.get("introspection_url")) is not None:
            provider.say(urlsplit(url).path, {"active": True})

        def build(port: int) -> Any:
            site = RecipeSite(recipe, provider, f"http://127.0.0.1:{port}")
            settings = {**site.place(dict(recipe.settings)), **changes}
            return general_app(port=port, **{name: value for name, value in settings.items() if value is not None})

        with serving(build) as base_url:
            yield RecipeSite(recipe, provider, base_url)
