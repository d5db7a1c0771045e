"""`REDIS_URL`: every form that platforms have, and wrong ones refused without their content."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from servicekit.settings.redis_url import RedisAddress, parse_redis_url
from servicekit.settings.secret_values import secret_values
from servicekit.settings.service import ServiceSettings

PASSWORD = "p@ss:w/o?r#d %[x]"
LOGIN = f"app:{quote(PASSWORD, safe='')}@"

FORMS: dict[str, dict[str, Any]] = {
    "redis://host": {"kind": "server", "hosts": (("host", 6379),)},
    "redis://host:6380/3": {"kind": "server", "hosts": (("host", 6380),), "database": 3},
    "redis://host?db=4": {"kind": "server", "hosts": (("host", 6379),), "database": 4},
    "REDIS://host/": {"kind": "server", "hosts": (("host", 6379),)},
    "redis://[::1]:6380": {"kind": "server", "hosts": (("::1", 6380),)},
    f"rediss://{LOGIN}host": {"tls": True, "username": "app", "password": PASSWORD},
    "redis://:only-a-password@host": {"username": "", "password": "only-a-password"},
    "rediss://host?ssl_ca_certs=/ca&ssl_certfile=/c&ssl_keyfile=/k": {"ca": "/ca", "certificate": "/c", "key": "/k"},
    "rediss://host?ssl_cert_reqs=required": {"tls": True},
    "unix:///run/redis.sock": {"kind": "socket", "path": "/run/redis.sock"},
    f"unix://{LOGIN}/run/redis.sock?db=2": {"kind": "socket", "password": PASSWORD, "database": 2},
    "redis+sentinel://one,two:26380,[::1]/mymaster": {
        "kind": "sentinel",
        "hosts": (("one", 26379), ("two", 26380), ("::1", 26379)),
        "service": "mymaster",
        "sentinel_tls": False,
    },
    f"rediss+sentinel://{LOGIN}one:1/mymaster/5": {"tls": True, "sentinel_tls": True, "database": 5},
    "rediss+sentinel://one/mymaster?sentinel_tls=false": {"tls": True, "sentinel_tls": False},
    f"redis+cluster://{LOGIN}one,two:7000": {
        "kind": "cluster",
        "hosts": (("one", 6379), ("two", 7000)),
        "password": PASSWORD,
    },
    "rediss+cluster://one/0": {"kind": "cluster", "tls": True, "database": 0},
}


@pytest.mark.parametrize("url", FORMS)
def test_every_form_is_read(url: str) -> None:
    address = parse_redis_url(url)
    assert {name: getattr(address, name) for name in FORMS[url]} == FORMS[url]


WRONG: dict[str, str] = {
    "SECRET": "write it as redis://",
    "host:6379": "write it as redis://",
    "https://SECRET@host": "write it as redis://",
    "redis-sentinel://SECRET@host": "redis\\+sentinel://",
    "redis://": "a host is missing",
    "redis://:SECRET@": "a host is missing",
    "redis://host:99999": "a host or port is invalid",
    "redis://host:port": "a host or port is invalid",
    "redis://:SEC/RET@host": "percent-encoded|missing",
    "redis://:SEC?RET=1@host": "percent-encoded|missing|%3F",
    "redis://:SEC#RET@host": "%23",
    "redis://[::1": "host is invalid",
    "redis://one,two": "redis\\+sentinel:// or redis\\+cluster://",
    "redis://host/SECRET": "the database is a number",
    "redis://host/1/2": "the number of the database",
    "redis://host?socket_timeout=SECRET": "unknown parameter",
    "rediss://host?ssl_cert_reqs=none": "always verified",
    "rediss://host?ssl_cert_reqs=CERT_NONE": "always verified",
    "rediss://host?ssl_check_hostname=False": "always verified",
    "rediss://host?ssl_ca_certs=": "a file is missing",
    "redis://:SECRET@host?ssl_ca_certs=/ca": "write rediss://",
    "redis://host?ssl_cert_reqs=required": "write rediss://",
    "unix:///run/redis.sock?ssl_ca_certs=/ca": "has no TLS",
    "redis+sentinel://host/main?ssl_ca_certs=/ca": "write rediss://",
    "redis://:SEC\tRET@host": "a space or a line break",
    "redis://:SEC RET@host": "a space or a line break",
    "redis+sentinel://host": "name the service",
    "redis+sentinel://host/main?sentinel_tls=SECRET": "true or false",
    "redis+cluster://host/1": "only database 0",
    "unix://host/path": "unix:///path",
    "unix://": "unix:///path",
}


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_url_is_refused_without_its_content(url: str) -> None:
    with pytest.raises(ValueError, match=WRONG[url]) as refusal:
        parse_redis_url(url)
    assert not any(part in str(refusal.value) for part in ("SECRET", "SEC", "RET"))
    with pytest.raises(ValidationError, match=WRONG[url]) as invalid:
        ServiceSettings(public_url="http://127.0.0.1:8000/mcp", redis_url=url)  # type: ignore[arg-type]
    assert "SECRET" not in str(invalid.value)


@given(st.text(min_size=1).filter(lambda text: text.isprintable()), st.text(min_size=1), st.integers(1, 65535))
def test_any_user_and_password_come_back(username: str, password: str, port: int) -> None:
    login = f"{quote(username, safe='')}:{quote(password, safe='')}"
    for scheme, rest in (("redis", ""), ("rediss+cluster", ",two"), ("redis+sentinel", ",two/main")):
        address = parse_redis_url(f"{scheme}://{login}@one:{port}{rest}")
        assert (address.username, address.password, address.hosts[0]) == (username, password, ("one", port))


@given(st.text())
def test_no_text_is_a_crash(text: str) -> None:
    for url in (text, f"redis://{text}", f"redis+sentinel://{text}/main"):
        with suppress(ValueError):
            parse_redis_url(url)


def test_the_password_in_a_url_is_masked() -> None:
    url = f"rediss+cluster://{LOGIN}one,two"
    settings = ServiceSettings(public_url="http://127.0.0.1:8000/mcp", redis_url=url)  # type: ignore[arg-type]
    assert {PASSWORD, url} <= secret_values(settings)
    assert PASSWORD not in repr(parse_redis_url(url))


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(ValidationError, match="REDIS_CERTIFICATE and REDIS_KEY together"):
        ServiceSettings(public_url="http://127.0.0.1:8000/mcp", redis_certificate="/c")


def test_addresses_compare_by_value() -> None:
    assert parse_redis_url("redis://host") == RedisAddress("server", (("host", 6379),))
