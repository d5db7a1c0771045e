"""Measures of tenants, certificates, volumes and files: bounded, and without numbers that are no longer true."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from opentelemetry.metrics import Observation

from servicekit.settings.reloaded_file import ReloadedFile
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.certificates import Certificates
from servicekit.telemetry.instruments import configuration_fingerprint, configuration_loaded
from servicekit.telemetry.tallies import DurationHistogram, Values
from servicekit.telemetry.tenants import MOST, TenantCalls
from servicekit.telemetry.volumes import Volumes
from tests.servicekit.auth.certificate_authority import Authority, uri


def shown(observations: Iterable[Observation]) -> dict[tuple[str, ...], float]:
    """Values by those of the attributes."""
    return {tuple(map(str, (one.attributes or {}).values())): one.value for one in observations}


@pytest.fixture
def tenants() -> TenantCalls:
    return TenantCalls(DurationHistogram("tenants of a test", "", (0.1, 1)))


def test_no_tenant_is_counted_by_default(tenants: TenantCalls) -> None:
    tenants.record("acme", None, 0.1)
    assert shown(tenants.observe()) == {}


def test_named_tenants_count_and_others_are_one(tenants: TenantCalls) -> None:
    tenants.watch(["acme"])
    before = len(shown(tenants.observe()))
    for tenant, failure in (("acme", None), ("acme", "crash"), ("globex", None), ("initech", None), (None, "crash")):
        tenants.record(tenant, failure, 0.1)
    found = shown(tenants.observe())
    assert len(found) == before
    counts = (found["acme",], found["acme", "crash"], found["_OTHER",], found["_OTHER", "crash"])
    assert counts == (1, 1, 2, 1)
    assert found["acme", "deadline"] == 0, "a rate over a series that begins with its first event misses it"


def test_the_number_of_named_tenants_is_bounded() -> None:
    common = {"public_url": "http://127.0.0.1:1/mcp", "issuer": "http://127.0.0.1:1"}
    names = [f"t{number}" for number in range(MOST + 1)]
    settings = ServiceSettings(**common, metrics_tenants=", ".join(names[:-1]))  # type: ignore[arg-type]  # as from a variable
    assert settings.metrics_tenants == tuple(names[:-1])
    with pytest.raises(ValueError, match=f"at most {MOST} items"):
        ServiceSettings(**common, metrics_tenants=",".join(names))  # type: ignore[arg-type]


def test_a_renewed_certificate_is_noticed_where_it_is_read_again(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    old, renewed = (authority.issue(name, uri("urn:x"), expired=name == "old").certificate for name in ("old", "new"))
    path = tmp_path / "tls.crt"
    path.write_bytes(old.read_bytes())
    loaded, reread = Certificates(), Certificates()
    loaded.watch(str(path), loaded_once=True)
    reread.watch(str(path))
    before = shown(loaded.observe())
    assert shown(reread.observe()) == before
    assert before[str(path),] < time.time()
    path.write_bytes(renewed.read_bytes() + authority.certificate.read_bytes())
    os.utime(path, (1, 1))
    assert shown(loaded.observe()) == before, "the process still uses the old one"
    assert shown(reread.observe())[str(path),] > time.time()
    path.unlink()
    assert shown(reread.observe()) == {}


def test_a_file_without_a_certificate_has_no_expiry(tmp_path: Path) -> None:
    path = tmp_path / "tls.crt"
    path.write_text("no certificate")
    found = Certificates()
    for once in (False, True):
        found.watch(str(path), loaded_once=once)
    found.watch("system")
    assert shown(found.observe()) == {}


def test_a_volume_has_space_until_its_folder_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()
    found = Volumes()
    found.watch("audit", folder)
    assert 0 < shown(found.free())["audit",] <= shown(found.sizes())["audit",]
    folder.rmdir()
    assert shown(found.free()) == {}


def test_a_number_that_is_not_known_any_more_has_no_series() -> None:
    values = Values("store")
    values.set(3, "postgres")
    values.follow(lambda: 4, "file")
    values.follow(lambda: os.stat("/no/such/file").st_size, "gone")  # noqa: PTH116
    assert shown(values.observe()) == {("postgres",): 3, ("file",): 4}
    values.set(None, "postgres")
    assert shown(values.observe()) == {("file",): 4}


def test_the_same_content_has_the_same_fingerprint(tmp_path: Path) -> None:
    def fingerprint(text: str) -> float:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.yaml"
        path.write_text(text)
        ReloadedFile("of a test", [str(path)], lambda sources, _: sources)
        return shown(configuration_fingerprint.observe())["of a test",]

    one, same, other = fingerprint("a"), fingerprint("a"), fingerprint("b")
    assert one == same != other
    assert shown(configuration_loaded.observe())["of a test",] > 0
