"""Fixtures: a post office, and servers of it that share one store."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from servicekit.audit.file import AuditFile
from servicekit.core.identity import ServerIdentity
from servicekit.journal.redis import RedisJournal
from servicekit.registry.tools import read, write
from servicekit.server.service import Service
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import connect
from tests.servicekit.apps.general_app import app_settings

from .post_office import ANN, SCOPE, Open, PostOffice


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


@pytest.fixture
def replica(valkey_url: str, tmp_path: Path, office: PostOffice) -> Open:
    """Opens a server of the office; each has an audit file of its own, and all share one store."""
    name = f"post-{secrets.token_hex(4)}"

    @asynccontextmanager
    async def run(
        url: str = valkey_url, who: Any = ANN, audit: Path | None = None, **options: Any
    ) -> AsyncIterator[Any]:
        store = RedisStore(url)
        service = Service(
            settings=app_settings(**options.pop("settings", {})),
            identity=ServerIdentity(name="post", title="Post", version="1", instructions=""),
            components=[store],
            journal=RedisJournal(name, store, AuditFile(audit or tmp_path / f"audit-{secrets.token_hex(4)}")),
            tools=[
                write(office.send_letter, scope=SCOPE),
                write(office.burn_letter, scope=SCOPE, destructive=True, confirm=office.preview_burning),
                write(office.post_parcel, scope=SCOPE, recover=office.find_parcel),
                write(office.send_postcard, scope=SCOPE, confirm=office.preview_postcard),
                read(office.count_letters, scope=SCOPE),
            ],
        )
        async with service.running(), connect(service, who, **options) as client:
            yield client

    return run
