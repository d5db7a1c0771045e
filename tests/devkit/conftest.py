"""A workspace with one service and an HTTP client of the issuer, for the tests of the developer kit."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest

from devkit.issuer.testing import RunningIssuer

RESOURCE = "http://127.0.0.1:8101/mcp"
REDIRECT = "http://127.0.0.1:5555/callback"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with the service `orders`, without a database."""
    folder = tmp_path / "workspace" / "services" / "orders"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[tool.fleet]\nport = 8101\nscopes = ["orders:read", "orders:write"]\n')
    return tmp_path / "workspace"


class Verifier:
    """A PKCE pair."""

    def __init__(self) -> None:
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.fixture
def pkce() -> Verifier:
    return Verifier()


@pytest.fixture
async def http(issuer: RunningIssuer) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the issuer."""
    async with httpx2.AsyncClient(base_url=issuer.url, timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
async def client_id(http: httpx2.AsyncClient) -> str:
    """A registered public client."""
    answer = await http.post(
        "/register",
        json={"client_name": "Test", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"},
    )
    assert answer.status_code == 201, answer.text
    registered: str = answer.json()["client_id"]
    return registered


@pytest.fixture
def authorize_url(issuer: RunningIssuer, client_id: str, pkce: Verifier) -> Callable[..., str]:
    """An authorization URL; keyword arguments replace its parameters, None removes one."""

    def build(**changes: str | None) -> str:
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": REDIRECT,
            "scope": "orders:read",
            "state": "xyz",
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
            "resource": RESOURCE,
            **changes,
        }
        return f"{issuer.url}/authorize?" + urlencode({k: v for k, v in parameters.items() if v is not None})

    return build
