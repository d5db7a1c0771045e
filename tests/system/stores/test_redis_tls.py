"""TLS to the shared store: authority, host name, client certificate and ACL user; also through Sentinel and Cluster."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devkit.settings import WORKSPACE
from servicekit.core.errors import Unavailable
from servicekit.settings.errors import InvalidContent
from servicekit.settings.service import ServiceSettings
from servicekit.storage.redis.store import RedisStore, redis_store

from .certificates import Certificates
from .sentinel import SERVICE
from .site import Stores

pytestmark = pytest.mark.slow

PASSWORD = "password-of-app"
_RULES = re.search(
    r"\*\*Rights\*\* of an ACL user: `([^`]+)`, on a Cluster also `([^`]+)`",
    (WORKSPACE / "docs/stores.md").read_text(encoding="utf-8"),
)
assert _RULES is not None
USER = " ".join(f"app on >{PASSWORD} {_RULES[1]}".split())
USER_OF_A_CLUSTER = f"{USER} {_RULES[2]}"


@asynccontextmanager
async def configured(url: str, **values: Any) -> AsyncIterator[RedisStore]:
    store = redis_store(ServiceSettings(public_url="http://127.0.0.1:8000/mcp", redis_url=url, **values))
    assert store is not None
    try:
        yield store
    finally:
        await store.stop()


async def reason_of(store: RedisStore, caplog: pytest.LogCaptureFixture) -> str:
    with pytest.raises(Unavailable):
        await store.check()
    found = [record for record in caplog.records if record.message == "dependency unavailable"]
    return ", ".join(record.reason for record in found)  # type: ignore[attr-defined]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_an_acl_user_over_tls_works(stores: Stores, host: str) -> None:
    server = stores.redis(tls=True, users=[USER, "default off"])
    url = server.url_of("app", PASSWORD).replace("127.0.0.1", host)
    async with configured(url, redis_ca=str(stores.certificates.authority)) as store:
        await store.check()
        assert dict(store.parts) == {"reads": "ok", "writes": "ok"}


async def test_the_system_does_not_trust_the_authority(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    async with configured(stores.redis(tls=True).url) as store:
        assert await reason_of(store, caplog) == "the certificate of the store is not trusted"


async def test_another_host_name_is_refused(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    server = stores.redis(tls=True, options={"bind": "127.0.0.1 127.0.0.2"})
    url = server.url.replace("127.0.0.1", "127.0.0.2")
    async with configured(url, redis_ca=str(stores.certificates.authority)) as store:
        assert await reason_of(store, caplog) == "the certificate of the store is not trusted"


async def test_a_client_certificate_is_shown_where_demanded(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    server, certificates = stores.redis(tls=True, client_certificate=True), stores.certificates
    shown = {"redis_certificate": str(certificates.client.certificate), "redis_key": str(certificates.client.key)}
    async with configured(server.url, redis_ca=str(certificates.authority), **shown) as store:
        await store.check()
    async with configured(server.url, redis_ca=str(certificates.authority)) as store:
        # With TLS 1.3 the store refuses after the handshake, and may close before its reason is read.
        found = (await reason_of(store, caplog)).split(", ")  # a second attempt may end otherwise
        assert set(found) <= {"TLS with the store fails", "the store closes connections"}


async def test_plain_connections_to_a_port_for_tls_are_named(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    async with configured(stores.redis(tls=True).url.replace("rediss", "redis")) as store:
        with pytest.raises(Unavailable):
            await store.check()
    (line,) = [record for record in caplog.records if record.message == "dependency unavailable"]
    assert "rediss://" in line.next_step  # type: ignore[attr-defined]


async def test_a_renewed_authority_is_read_again(stores: Stores, tmp_path: Path) -> None:
    server, authority = stores.redis(tls=True), tmp_path / "ca.pem"
    other = Certificates.made_in(tmp_path / "other").authority
    authority.write_bytes(other.read_bytes())
    async with configured(server.url, redis_ca=str(authority)) as store:
        with pytest.raises(Unavailable):
            await store.check()
        (tmp_path / "new.pem").write_bytes(stores.certificates.authority.read_bytes())
        (tmp_path / "new.pem").replace(authority)
        await store.check()
        authority.write_text("half a fil", encoding="utf-8")
        await store.redis.connection_pool.disconnect()
        await store.check()


async def test_sentinel_over_tls_with_a_password(stores: Stores) -> None:
    site = stores.sentinel(tls=True, password=PASSWORD)
    url = f"rediss+sentinel://:{PASSWORD}@{','.join(site.sentinel_addresses)}/{SERVICE}"
    pair = stores.certificates.client
    async with configured(
        url,
        redis_ca=str(stores.certificates.authority),
        redis_certificate=str(pair.certificate),
        redis_key=str(pair.key),
    ) as store:
        await store.check()


async def test_a_cluster_over_tls_with_an_acl_user(stores: Stores) -> None:
    cluster = stores.valkey_cluster(tls=True, users=[USER_OF_A_CLUSTER])
    url = f"rediss+cluster://app:{PASSWORD}@{','.join(cluster.addresses[:2])}"
    async with configured(url, redis_ca=str(stores.certificates.authority)) as store:
        await store.check()
        async with store.subscriber() as subscriber:
            await subscriber.subscribe("mcp:{books:1}:changes")
            assert await store.run(store.publish("mcp:{books:1}:changes", "x"), name="SPUBLISH") == 1


def test_a_file_that_is_no_certificate_is_refused_at_start(tmp_path: Path) -> None:
    settings = ServiceSettings(public_url="http://127.0.0.1:8000/mcp", redis_url="rediss://127.0.0.1")
    for content in (None, "no certificate"):
        path = tmp_path / "ca.pem"
        if content is not None:
            path.write_text(content, encoding="utf-8")
        with pytest.raises(InvalidContent, match="REDIS_CA"):
            redis_store(settings.model_copy(update={"redis_ca": str(path)}))
