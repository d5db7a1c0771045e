"""What strangers get of the portal: purpose and ways to connect, no tool; and what its pages may do in a browser."""

import re
from typing import Any

import pytest

from servicekit.core.identity import ServerIdentity
from servicekit.portal.files import page_files
from servicekit.portal.server_page import server_portal
from tests.servicekit.apps.general_app import READ, app_settings
from tests.servicekit.conftest import Site, get

EVIL = "<script>$url</script>"
TOOLS = ("get_book", "add_book", "burn", "books_whoami")


def test_the_page_is_for_people_and_names_no_tool(site: Site) -> None:
    page = get(f"{site.base_url}/")
    document = get(f"{site.base_url}/portal/portal.json")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"claude mcp add --transport http books {site.endpoint}" in page.text
    assert f"<li><code>{READ}</code></li>" in page.text
    (server,) = document.json()["servers"]
    assert (server["name"], server["endpoint"], server["offers"]) == ("books", site.endpoint, "tools")
    assert {"Claude Code", "Cursor", "ChatGPT"} <= {one["title"] for one in server["connections"]}
    for tool in TOOLS:
        assert tool not in page.text + document.text


def test_every_file_that_the_page_names_is_served(site: Site) -> None:
    page = get(f"{site.base_url}/")
    named = set(re.findall(r'(?:href|src)="portal/([^"]+)"', page.text))
    imported = {name for file in page_files().values() for name in re.findall(r'from "\./(.+?)"', file.decode())}
    assert len(named) == 3
    assert len(imported) >= 6
    for name in named | imported:
        assert get(f"{site.base_url}/portal/{name}").status_code == 200, name


def test_scripts_and_styles_are_files_of_the_own_origin(site: Site) -> None:
    page = get(f"{site.base_url}/")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'; style-src 'self';" in policy
    assert f"connect-src 'self' {site.issuer.url};" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|<script(?! type=\"module\" src)|\son\w+=|style=|javascript:", page.text)
    for name in page_files():
        if name.endswith((".js", ".css")):
            file = get(f"{site.base_url}/portal/{name}")
            kind = "text/css" if name.endswith(".css") else "text/javascript"
            assert (file.status_code, file.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
            assert file.headers["X-Content-Type-Options"] == "nosniff"
            assert "innerHTML" not in file.text


def test_the_page_escapes_what_it_shows() -> None:
    identity = ServerIdentity(EVIL, EVIL, EVIL, EVIL, EVIL, (EVIL,))
    page = server_portal(app_settings(), identity, {EVIL})[""].content.decode()
    assert EVIL not in page
    assert page.count("&lt;script&gt;$url") >= 5


def test_the_page_is_a_client_that_an_issuer_can_look_up(site: Site) -> None:
    client = get(f"{site.base_url}/portal/client.json").json()
    assert client["client_id"] == f"{site.base_url}/portal/client.json"
    assert client["redirect_uris"] == [f"{site.base_url}/"]
    assert client["token_endpoint_auth_method"] == "none"


def test_an_operator_registers_the_page_and_offers_a_bundle(serve: Any) -> None:
    bundle = "https://downloads.example/books.mcpb"
    with serve(portal_client_id="portal-1", portal_bundle_url=bundle) as site:
        (server,) = get(f"{site.base_url}/portal/portal.json").json()["servers"]
    assert (server["client_id"], server["bundle"]) == ("portal-1", bundle)


def test_a_portal_of_several_servers_reads_what_this_one_is(serve: Any) -> None:
    with serve(allowed_origins="https://fleet.example") as site:
        for path in ("/portal/portal.json", "/health"):
            allowed = get(f"{site.base_url}{path}", headers={"Origin": "https://fleet.example"})
            assert allowed.headers["Access-Control-Allow-Origin"] == "https://fleet.example"
            assert get(f"{site.base_url}{path}", headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/portal", "/portal/", "/portal/index.html", "/portal/../portal/files.py", "/portal/x"]
)
def test_nothing_else_of_the_folder_is_served(site: Site, path: str) -> None:
    assert get(f"{site.base_url}{path}").status_code == 404
