"""A small orders database, a collector, and a server that exports everything to it."""

from collections.abc import Iterator
from datetime import date

import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from orders_mcp.sample_data.plan import Plan
from tests.fixtures.databases import seeded

from .collector import Collector, collecting
from .server import Server, serving


@pytest.fixture(scope="session")
def urls(postgres: PostgresServer) -> DatabaseUrls:
    """A small orders database."""
    return seeded(postgres.admin_url, "orders", "telemetry_orders", Plan(size=50, seed=1, until=date(2026, 1, 1)))


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """A collector that takes everything."""
    with collecting() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def server(
    urls: DatabaseUrls,
    valkey_url: str,
    issuer: RunningIssuer,
    collector: Collector,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A server that exports everything."""
    log_file = tmp_path_factory.mktemp("log") / "orders"
    policy = tmp_path_factory.mktemp("policy") / "policy.yaml"
    policy.write_text("version: 1\n")
    more = {"otlp_endpoint": collector.url, "metrics_tenants": "acme", "policy_file": str(policy)}
    with serving(urls, valkey_url, issuer, log_file, **more) as running:
        yield running
