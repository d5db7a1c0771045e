"""The OAuth metadata is readable by web pages of every origin; nothing else is."""

from typing import Any

import httpx2
import pytest

from servicekit.auth.resource_metadata import ResourceMetadata
from tests.servicekit.apps.general_app import READ, WRITE, app_settings
from tests.servicekit.conftest import Site

WELL_KNOWN = "/.well-known/oauth-protected-resource"
FOREIGN = {"Origin": "https://page.example"}
PATHS = pytest.mark.parametrize("path", ["/mcp", "/mcp/", "", "/"])


def ask(site: Site, method: str, path: str, **headers: str) -> httpx2.Response:
    with httpx2.Client(trust_env=False) as client:
        return client.request(method, f"{site.base_url}{path}", headers=headers)


@PATHS
def test_a_web_page_reads_the_metadata(site: Site, path: str) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "mcp-protocol-version"}
    preflight = ask(site, "OPTIONS", WELL_KNOWN + path, **FOREIGN, **asked)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    response = ask(site, "GET", WELL_KNOWN + path, **FOREIGN, **{"MCP-Protocol-Version": "2025-11-25"})
    assert response.json() == {
        "resource": site.endpoint,
        "resource_name": "Books",
        "scopes_supported": [READ, WRITE],
        "bearer_methods_supported": ["header"],
        "authorization_servers": [site.issuer.url],
    }
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


@PATHS
def test_head_answers_like_get_without_a_body(site: Site, path: str) -> None:
    got, head = ask(site, "GET", WELL_KNOWN + path), ask(site, "HEAD", WELL_KNOWN + path, **FOREIGN)
    ids = ("x-request-id", "date")
    assert {k: v for k, v in head.headers.items() if k not in ids} == {
        k: v for k, v in got.headers.items() if k not in ids
    }
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_on_the_metadata_are_405(site: Site, method: str) -> None:
    response = ask(site, method, f"{WELL_KNOWN}/mcp")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert ask(site, method, f"{WELL_KNOWN}/mcp", **FOREIGN).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/health", "/mcp", f"{WELL_KNOWN}/other", f"{WELL_KNOWN}/mcp/x", f"{WELL_KNOWN}//", f"/x{WELL_KNOWN}"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_foreign_origin_reads_nothing_else(site: Site, method: str, path: str) -> None:
    response = ask(site, method, path, **FOREIGN)
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


def test_metadata_for_another_host_is_refused(site: Site) -> None:
    assert ask(site, "GET", f"{WELL_KNOWN}/mcp", **FOREIGN, Host="evil.example").status_code == 421


@pytest.mark.parametrize("origin", ["https://app.example", "https://page.example"])
def test_allowed_origins_do_not_narrow_the_metadata(serve: Any, origin: str) -> None:
    with serve(allowed_origins="https://app.example") as site:
        for method, expected in (("GET", 200), ("OPTIONS", 204)):
            asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            response = ask(site, method, f"{WELL_KNOWN}/mcp", **asked)
            assert response.status_code == expected
            assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_challenge_names_needed_and_granted_scopes() -> None:
    metadata = ResourceMetadata(app_settings(), "Books", [READ, WRITE])
    granted = (READ, "openid", 'a"b', "back\\slash", "")
    value = metadata.challenge("insufficient_scope", "More", [WRITE], granted)
    assert f'scope="{READ} {WRITE} openid"' in value
    assert f'scope="{WRITE}"' in metadata.challenge("insufficient_scope", "More", [WRITE])
    assert f'scope="{READ} {WRITE}"' in metadata.challenge()
