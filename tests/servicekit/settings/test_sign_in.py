"""Settings of access tokens: paths to claims, and what contradicts itself."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from servicekit.settings.claim_path import parse_claim_path
from servicekit.settings.loading import load
from servicekit.settings.service import ServiceSettings

BASE: dict[str, Any] = {"public_url": "http://127.0.0.1:8000/mcp"}
ISSUED: dict[str, Any] = {**BASE, "issuer": "https://issuer.example"}
CREDENTIALS = {"introspection_client_id": "books", "introspection_client_secret": SecretStr("s")}
INTROSPECTION = "https://issuer.example/introspect"


class LibrarySettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="LIBRARY_")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("tenant", ("tenant",)),
        ("org.id", ("org", "id")),
        ("resource_access.orders.roles", ("resource_access", "orders", "roles")),
        (r"apps.orders\.example.id", ("apps", "orders.example", "id")),
        (r"a\\b", ("a\\b",)),
        ("https://example.com/tenant", ("https://example.com/tenant",)),
        ("http://example.com/a.b", ("http://example.com/a.b",)),
        ("cognito:groups", ("cognito:groups",)),
    ],
)
def test_a_path_names_a_claim(text: str, names: tuple[str, ...]) -> None:
    assert parse_claim_path(text) == names


@pytest.mark.parametrize("text", ["", ".", ".a", "a.", "a..b", "a\\", r"a\b", r"\.."])
def test_a_path_without_a_meaning_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="divided by dots"):
        parse_claim_path(text)


CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "audience without issuer": ({**BASE, "token_audience": "api"}, "TOKEN_AUDIENCE: also set ISSUER"),
    "tenant without issuer": ({**BASE, "token_tenant": "acme"}, "TOKEN_TENANT: also set ISSUER"),
    "names without issuer": ({**BASE, "scope_names": "a=b"}, "SCOPE_NAMES: also set ISSUER"),
    "introspection without issuer": (
        {**BASE, "introspection_url": INTROSPECTION, **CREDENTIALS},
        "INTROSPECTION_URL: also set ISSUER",
    ),
    "two tenants": ({**ISSUED, "token_tenant": "acme", "tenant_claim": "tid"}, "TOKEN_TENANT or TENANT_CLAIM"),
    "introspection without credentials": ({**ISSUED, "introspection_url": INTROSPECTION}, "together"),
    "introspection without a secret": (
        {**ISSUED, "introspection_url": INTROSPECTION, "introspection_client_id": "books"},
        "together",
    ),
    "credentials without introspection": ({**ISSUED, **CREDENTIALS}, "together"),
    "seconds without introspection": ({**ISSUED, "introspection_cache_seconds": 5}, "needs INTROSPECTION_URL"),
    "introspection in the clear": (
        {**ISSUED, "introspection_url": "http://issuer.example/i", **CREDENTIALS},
        "use an https:// URL",
    ),
    "no claim of scopes": ({**ISSUED, "scope_claims": ""}, "at least 1 item"),
    "a path without a name": ({**ISSUED, "tenant_claim": "org..id"}, "divided by dots"),
    "a type of ID tokens": ({**ISSUED, "token_types": "id_token+jwt"}, "choose from at\\+jwt, JWT, absent"),
    "no type": ({**ISSUED, "token_types": ""}, "choose from"),
    "a name without its scope": ({**ISSUED, "scope_names": "=agent"}, "write each as scope=name"),
    "a scope without a name": ({**ISSUED, "scope_names": "orders:read"}, "write each as scope=name"),
    "a secret as algorithm": ({**ISSUED, "token_algorithms": "RS256 HS256"}, "choose from"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_refused_at_the_start(name: str) -> None:
    settings, words = CONTRADICTIONS[name]
    with pytest.raises(ValidationError, match=words):
        ServiceSettings(**settings)


def test_lists_come_from_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PUBLIC_URL": BASE["public_url"],
        "ISSUER": ISSUED["issuer"],
        "SCOPE_CLAIMS": "scp, roles",
        "CLIENT_CLAIMS": "cid",
        "SCOPE_NAMES": "orders:read=Orders.Read orders:write=Orders.Write",
        "SCOPE_REQUEST": "",
    }.items():
        monkeypatch.setenv(f"LIBRARY_{name}", value)
    settings = load(LibrarySettings)
    assert (settings.scope_claims, settings.client_claims, settings.scope_request) == (("scp", "roles"), ("cid",), ())
    assert settings.scope_names == ("orders:read=Orders.Read", "orders:write=Orders.Write")
