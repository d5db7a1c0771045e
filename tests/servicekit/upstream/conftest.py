"""Fixtures: a scripted host, and upstreams on it."""

import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from servicekit.upstream.client import Upstream
from servicekit.upstream.http.credentials import FixedCredentials
from servicekit.upstream.resilience import retry_budget

from .scripted_host import ScriptedHost, scripted_host

Make = Callable[..., Upstream]
SECRET = "hunter2-hunter2-hunter2"


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between attempts are drawn from a shorter range."""
    monkeypatch.setattr(retry_budget, "FIRST_BACKOFF", 0.01)


@pytest.fixture
async def host() -> AsyncIterator[ScriptedHost]:
    async with scripted_host() as host:
        yield host


@pytest.fixture
def service() -> str:
    """A name that no other test uses, since they share a store."""
    return f"tests-{secrets.token_hex(4)}"


@pytest.fixture
async def make(host: ScriptedHost) -> AsyncIterator[Make]:
    """Makes an upstream on the host, with short times."""
    made: list[Upstream] = []

    def upstream(**changes: Any) -> Upstream:
        options: dict[str, Any] = {"timeout": 0.3, "total_timeout": 5.0, "max_bytes": 100_000, **changes}
        credentials = FixedCredentials({"Authorization": f"Bearer {SECRET}"}, {"apikey": SECRET})
        made.append(Upstream("tests", "library of Babel", host.url, credentials=credentials, **options))
        return made[-1]

    yield upstream
    for upstream in made:
        await upstream.stop()
