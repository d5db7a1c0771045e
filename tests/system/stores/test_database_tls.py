"""TLS to Postgres and to PgBouncer: what a URL demands holds, and each failure says what to do."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509

from devkit.stores.databases import DatabaseUrls, bootstrap
from devkit.stores.testing import password_of
from servicekit.core.errors import Unavailable
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.login.address import address_from
from servicekit.storage.postgres.login.failures import CannotConnect
from tests.servicekit.auth.certificate_authority import Authority, Issued, address

from .postgres_versions import PostgresCluster
from .site import Stores

pytestmark = pytest.mark.slow

STATE = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.fixture(autouse=True)
def no_attempt_of_tls() -> None:
    """Logins of these tests do what their URL says, and nothing else decides about TLS."""


@dataclass
class Site:
    """A Postgres with TLS, and an authority whose certificates it is given."""

    stores: Stores
    cluster: PostgresCluster
    authority: Authority
    urls: DatabaseUrls

    def present(self, issued: Issued) -> None:
        """Restart it with another certificate."""
        self.cluster.process.stop()
        for source, name in ((issued.certificate, "server.crt"), (issued.key, "server.key")):
            (self.cluster.server.data / name).write_bytes(source.read_bytes())  # keeps owner and mode
        self.cluster.process.start()

    def url(self, host: str = "127.0.0.1", **parameters: str) -> str:
        base = self.urls.writer.replace("@127.0.0.1:", f"@{host}:")
        return f"{base}?{urlencode(parameters)}"

    def verifying(self, host: str = "127.0.0.1", **more: str) -> str:
        return self.url(host, sslmode="verify-full", sslrootcert=str(self.authority.certificate), **more)


@pytest.fixture
async def site(stores: Stores, tmp_path: Path) -> Site:
    cluster = stores.postgres(tls=True)
    urls = await bootstrap(cluster.admin_url, "orders", password_of=password_of)
    site = Site(stores, cluster, Authority(tmp_path, "root"), urls)
    site.present(site.authority.issue("right", x509.DNSName("localhost"), address("127.0.0.1")))
    return site


async def answer(url: str, statement: str = STATE) -> object:
    connection = await address_from(url).connect(timeout=10)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_verify_full_connects_with_the_right_authority(site: Site, host: str) -> None:
    assert await answer(site.verifying(host)) is True
    assert await answer(site.verifying(host, ssl_min_protocol_version="TLSv1.3")) is True


@pytest.mark.parametrize(
    ("mode", "encrypted"), [("disable", False), ("allow", False), ("prefer", True), ("require", True)]
)
async def test_each_mode_encrypts_as_in_libpq(site: Site, mode: str, encrypted: bool) -> None:
    assert await answer(site.url(sslmode=mode)) is encrypted


async def test_an_unknown_authority_is_named(site: Site, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    for mode in ("verify-full", "verify-ca", "require"):  # with an authority, `require` verifies as in libpq
        with pytest.raises(CannotConnect, match=r"unknown authority.*sslrootcert"):
            await answer(site.url(sslmode=mode, sslrootcert=str(other.certificate)))
    with pytest.raises(CannotConnect, match="unknown authority"):
        await answer(site.url(sslrootcert="system"))


async def test_another_host_name_is_named(site: Site) -> None:
    site.present(site.authority.issue("elsewhere", x509.DNSName("db.example.com")))
    for host in ("localhost", "127.0.0.1"):
        with pytest.raises(CannotConnect, match=r"certificate of .* is for another"):
            await answer(site.verifying(host))
    parameters = {"sslmode": "verify-ca", "sslrootcert": str(site.authority.certificate)}
    assert await answer(site.url(**parameters)) is True


async def test_an_expired_certificate_is_named(site: Site) -> None:
    site.present(site.authority.issue("late", address("127.0.0.1"), expired=True))
    with pytest.raises(CannotConnect, match=r"has expired. Renew"):
        await answer(site.verifying())


async def test_a_server_without_tls_is_named(stores: Stores) -> None:
    cluster = stores.postgres()
    for mode in ("require", "verify-full"):
        parameters = {"sslmode": mode, "sslrootcert": str(stores.certificates.authority)}
        with pytest.raises(CannotConnect, match="offers no TLS"):
            await answer(f"{cluster.admin_url}/postgres?{urlencode(parameters)}")


async def test_a_renewed_authority_and_certificate_need_no_restart(site: Site, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(site.authority.certificate.read_bytes())
    database = Database(site.url(sslmode="verify-full", sslrootcert=str(bundle)), acquire_timeout=5)
    await database.start()
    try:
        await database.check()
        folder = tmp_path / "second"
        folder.mkdir()
        second = Authority(folder, "root")
        site.present(second.issue("right", address("127.0.0.1")))
        with pytest.raises(Unavailable):
            await database.check()
        bundle.write_bytes(second.certificate.read_bytes())
        await database.check()
    finally:
        await database.stop()


async def test_a_client_certificate_logs_in_without_a_password(site: Site) -> None:
    rules = site.cluster.server.data / "pg_hba.conf"
    rules.write_text(f"hostssl all orders_writer 127.0.0.1/32 cert\n{rules.read_text()}")
    (site.cluster.server.data / "authority.pem").write_bytes(site.authority.certificate.read_bytes())
    issued = site.authority.issue("orders_writer", x509.DNSName("orders_writer"))
    site.present(site.authority.issue("right", address("127.0.0.1")))
    url = site.verifying(sslcert=str(issued.certificate), sslkey=str(issued.key))
    url = url.replace(f":{password_of('orders_writer')}@", "@")
    assert await answer(url, "SELECT current_user::text") == "orders_writer"
    with pytest.raises(CannotConnect, match="refuses the login of orders_writer"):
        await answer(site.verifying())


async def test_pgbouncer_with_tls_is_verified_too(stores: Stores, site: Site, tmp_path: Path) -> None:
    pooler = stores.pgbouncer(site.urls, mode="session", tls=True)
    url = pooler.urls(site.urls).writer
    right = {"sslmode": "verify-full", "sslrootcert": str(stores.certificates.authority)}
    statement = "SELECT current_user::text"
    assert await answer(f"{url}?{urlencode(right)}", statement) == "orders_writer"
    wrong = {**right, "sslrootcert": str(Authority(tmp_path, "other").certificate)}
    with pytest.raises(CannotConnect, match="unknown authority"):
        await answer(f"{url}?{urlencode(wrong)}", statement)
    with pytest.raises(CannotConnect, match="refuses the login of orders_writer"):
        await answer(f"{url.replace(password_of('orders_writer'), 'wrong')}?{urlencode(right)}", statement)


@pytest.fixture
async def environment(stores: Stores) -> dict[str, str]:
    """Every role's URL with verify-full."""
    cluster = stores.postgres()
    urls = await bootstrap(cluster.admin_url, "orders", password_of=password_of)
    sent = "extra_float_digits,default_transaction_read_only,statement_timeout,jit,maintenance_work_mem"
    pooler = stores.pgbouncer(urls, mode="session", tls=True, options={"ignore_startup_parameters": sent})
    pooled = pooler.urls(urls)
    query = urlencode({"sslmode": "verify-full", "sslrootcert": str(stores.certificates.authority)})
    return {
        **os.environ,
        "ORDERS_PUBLIC_URL": "http://127.0.0.1:1/mcp",
        "ORDERS_ISSUER": "http://127.0.0.1:1",
        "ORDERS_OWNER_URL": f"{pooled.owner}?{query}",
        "ORDERS_WRITER_URL": f"{pooled.writer}?{query}",
        "ORDERS_READER_URL": f"{pooled.reader}?{query}",
    }


async def test_every_command_takes_the_same_url(environment: dict[str, str], tmp_path: Path) -> None:
    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "orders_mcp", *arguments]
        return subprocess.run(
            command, env={**environment, **variables}, capture_output=True, text=True, check=False, timeout=120
        )

    for arguments in (["migrate"], ["seed", "--size", "20"], ["audit", "verify"], ["audit", "tail"]):
        finished = run(*arguments)
        assert (finished.returncode, finished.stderr) == (0, ""), arguments
    other = Authority(tmp_path, "other").certificate
    base = environment["ORDERS_OWNER_URL"].partition("?")[0]
    wrong = f"{base}?{urlencode({'sslmode': 'verify-full', 'sslrootcert': str(other)})}"
    for arguments in (["migrate"], ["audit", "verify"]):
        finished = run(*arguments, ORDERS_OWNER_URL=wrong)
        assert finished.returncode in (1, 2)
        assert "unknown authority" in finished.stderr, arguments
        assert "Traceback" not in finished.stderr
        assert password_of("orders_owner") not in finished.stderr
