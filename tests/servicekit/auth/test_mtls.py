"""Mutual TLS: on our own listener, and as a named proxy passes it on."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from servicekit.auth.mtls import parse_certificates
from servicekit.settings.errors import InvalidContent
from servicekit.settings.service import ServiceSettings
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import general_app
from tests.servicekit.conftest import ACCEPT, request

from .certificate_authority import Authority, Issued, address, uri

WORKER = "spiffe://example.test/worker"
HOLDERS = f"""
certificates:
  {WORKER}:
    client_id: worker
    subject: nightly
    tenant: acme
    scopes: ["books:read"]
"""


@dataclass(frozen=True)
class Listener:
    """A server that only serves holders of certificates."""

    url: str
    authority: Authority

    def whoami(self, issued: Issued | None) -> httpx2.Response:
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        if issued is not None:
            context.load_cert_chain(issued.certificate, issued.key)
        return call_whoami(self.url, verify=context)


def call_whoami(url: str, headers: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
    body = request("tools/call", {"name": "books_whoami", "arguments": {}}, "modern")
    modern = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "books_whoami"}
    return httpx2.post(
        f"{url}/mcp", json=body, headers={**ACCEPT, **modern, **(headers or {})}, trust_env=False, **options
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def holders(folder: Path) -> Path:
    path = folder / "holders.yaml"
    path.write_text(HOLDERS)
    return path


@pytest.fixture(scope="module")
def listener(folder: Path, holders: Path) -> Iterator[Listener]:
    authority = Authority(folder, "authority")
    own = authority.issue("server", address("127.0.0.1"))

    def build(port: int) -> Any:
        return general_app(
            port=port,
            public_url=f"https://127.0.0.1:{port}/mcp",
            tls_certificate=str(own.certificate),
            tls_key=str(own.key),
            tls_client_ca=str(authority.certificate),
            certificates_file=str(holders),
        )

    with serving(build) as base_url:
        yield Listener(base_url.replace("http://", "https://"), authority)


def test_the_holder_of_a_known_certificate_is_the_caller(listener: Listener) -> None:
    response = listener.whoami(listener.authority.issue("worker", uri(WORKER)))
    identity = response.json()["result"]["structuredContent"]
    assert (identity["subject"], identity["client_id"], identity["auth_method"]) == ("nightly", "worker", "mtls")
    assert identity["scopes"] == ["books:read"]


def test_without_a_certificate_there_is_no_connection(listener: Listener) -> None:
    with pytest.raises(httpx2.TransportError):
        listener.whoami(None)


def test_the_certificate_of_another_authority_is_refused(listener: Listener, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger").issue("impostor", uri(WORKER))
    with pytest.raises(httpx2.TransportError):
        listener.whoami(stranger)


def test_an_expired_certificate_is_refused(listener: Listener) -> None:
    with pytest.raises(httpx2.TransportError):
        listener.whoami(listener.authority.issue("late", uri(WORKER), expired=True))


@pytest.mark.parametrize("name", ["spiffe://example.test/other", f"{WORKER}/more", WORKER.upper()])
def test_a_good_certificate_with_another_name_is_refused(listener: Listener, name: str) -> None:
    assert listener.whoami(listener.authority.issue("other", uri(name))).status_code == 401


def test_the_common_name_is_no_name(listener: Listener) -> None:
    assert listener.whoami(listener.authority.issue(WORKER.replace("/", "_"), uri("urn:x"))).status_code == 401


@pytest.mark.parametrize(
    ("proxy", "status"), [("127.0.0.1", 200), ("127.0.0.0/24", 200), ("192.0.2.1", 401), ("128.0.0.0/8 fd00::/8", 401)]
)
def test_a_forwarded_name_is_believed_from_a_named_proxy_only(holders: Path, proxy: str, status: int) -> None:
    def build(port: int) -> Any:
        return general_app(
            port=port,
            public_url=f"http://127.0.0.1:{port}/mcp",
            certificates_file=str(holders),
            certificate_header="X-Client-Certificate-Name",
            proxy_addresses=proxy,
        )

    with serving(build) as base_url:
        assert call_whoami(base_url, {"X-Client-Certificate-Name": WORKER}).status_code == status
        assert call_whoami(base_url).status_code == 401
        # A second header is one that the proxy did not remove: either may be the client's invention.
        for names in ((WORKER, "urn:x"), ("urn:x", WORKER), (WORKER, WORKER)):
            twice = dict(zip(("X-Client-Certificate-Name", "x-client-certificate-name"), names, strict=True))
            assert call_whoami(base_url, twice).status_code == 401
        # An address that a proxy forwards is not the proxy's.
        forwarded = {"X-Client-Certificate-Name": WORKER, "X-Forwarded-For": "127.0.0.1"}
        assert call_whoami(base_url, forwarded).status_code == status


@pytest.mark.parametrize("name", [WORKER, f"{WORKER}/other"])
def test_a_valid_certificate_is_served_after_failures_of_its_address(holders: Path, name: str) -> None:
    def build(port: int) -> Any:
        return general_app(
            port=port,
            public_url=f"http://127.0.0.1:{port}/mcp",
            certificates_file=str(holders),
            certificate_header="X-Client-Certificate-Name",
            proxy_addresses="127.0.0.1",
            limit_address=2,
        )

    with serving(build) as base_url:
        header = {"X-Forwarded-For": "203.0.113.7"}
        other = {**header, "X-Client-Certificate-Name": f"{WORKER}/other"}
        assert [call_whoami(base_url, other).status_code for _ in range(4)] == [401, 401, 429, 429]
        status = call_whoami(base_url, {**header, "X-Client-Certificate-Name": name}).status_code
        assert status == (200 if name == WORKER else 429)


def test_a_header_that_is_not_configured_is_ignored(holders: Path) -> None:
    def build(port: int) -> Any:
        return general_app(port=port, public_url=f"http://127.0.0.1:{port}/mcp", certificates_file=str(holders))

    with serving(build) as base_url:
        assert call_whoami(base_url, {"X-Client-Certificate-Name": WORKER}).status_code == 401


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tls_certificate": "a.pem"}, "TLS_KEY together"),
        ({"tls_certificate": "a.pem", "tls_key": "a.key", "tls_client_ca": "ca.pem"}, "CERTIFICATES_FILE"),
        ({"certificate_header": "X-Name"}, "PROXY_ADDRESSES"),
        ({"certificate_header": "X-Name", "proxy_addresses": "10.0.0.1"}, "CERTIFICATES_FILE"),
        ({"certificate_header": "X-Name", "certificates_file": "holders.yaml"}, "PROXY_ADDRESSES"),
    ],
)
def test_half_a_configuration_is_refused(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ServiceSettings(public_url="http://127.0.0.1:8000/mcp", **settings)


@pytest.mark.parametrize("text", ["certificates: [", "certificates: {x: {client_id: ''}}", "holders: {}"])
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidContent, match="certificate file"):
        parse_certificates(text)
