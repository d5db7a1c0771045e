"""Requests that offer an upgrade to another protocol are served as if they had not (RFC 9110 §7.8)."""

import json
from typing import Any

import pytest

from tests.servicekit.apps.general_app import READ
from tests.servicekit.conftest import Site, request

from .raw_socket import Connection, connected

BODY = json.dumps(request("ping")).encode()
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"
FRAMINGS = pytest.mark.parametrize(
    ("framing", "body"), [(f"Content-Length: {len(BODY)}", BODY), ("Transfer-Encoding: chunked", CHUNKED)]
)


def head(site: Site, connection: Connection, *fields: str, first: str = "POST /mcp HTTP/1.1") -> bytes:
    """The head of a signed-in request with these header fields."""
    lines = [first, f"Host: {connection.host}", f"Authorization: Bearer {site.token(READ)}"]
    lines += ["Accept: application/json, text/event-stream", "Content-Type: application/json", *fields, "", ""]
    return "\r\n".join(lines).encode()


def answered(connection: Connection, times: int = 1) -> bool:
    """Whether so many pings are answered, one after the other on this connection."""
    return connection.received_times(b'"result":{}', times)


@pytest.mark.parametrize(
    "offer",
    [
        H2C,
        "Connection: upgrade\r\nUpgrade: h2c",
        "connection: keep-alive, UPGRADE\r\nupgrade: HTTP/2.0, SHTTP/1.3",
        "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: keep-alive\r\nConnection: Upgrade",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
    ],
)
@FRAMINGS
def test_an_offered_upgrade_is_ignored(site: Site, offer: str, framing: str, body: bytes) -> None:
    with connected(site.base_url) as connection:
        for number in (1, 2):
            connection.send(head(site, connection, offer, framing) + body)
            assert answered(connection, number)
        connection.send(head(site, connection, framing) + body)
        assert answered(connection, 3)
        assert connection.received.count(b"HTTP/1.1 200 OK") == 3


@FRAMINGS
def test_a_body_after_an_upgrade_arrives_in_pieces(site: Site, framing: str, body: bytes) -> None:
    with connected(site.base_url) as connection:
        whole = head(site, connection, H2C, framing)
        for number, cut in enumerate((1, len(whole) - 3, len(whole) - 1, len(whole), len(whole) + 1), 1):
            message = whole + body
            connection.send(message[:cut])
            assert not connection.closed(within=0.02)
            connection.send(message[cut:-1])
            connection.send(message[-1:])
            assert answered(connection, number)


def test_pipelined_upgrades_are_answered_in_order(site: Site) -> None:
    with connected(site.base_url) as connection:
        sent = b""
        for number in range(1, 7):
            body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "ping"}).encode()
            offer = H2C if number % 3 else "X-Offer: none"
            sent += head(site, connection, offer, f"Content-Length: {len(body)}") + body
        connection.send(sent)
        assert answered(connection, 6)
        places = [connection.received.index(b'"id":%d' % number) for number in range(1, 7)]
        assert places == sorted(places)


def test_an_upgrade_without_a_body_is_answered(site: Site) -> None:
    with connected(site.base_url) as connection:
        for _ in range(2):
            connection.head("GET", "/live", Connection="Upgrade", Upgrade="h2c")
            assert connection.status() == 200
            connection.received = b""


def test_expect_with_an_upgrade_gets_100_and_200(site: Site) -> None:
    with connected(site.base_url) as connection:
        connection.send(head(site, connection, H2C, "Expect: 100-continue", f"Content-Length: {len(BODY)}"))
        assert connection.status() == 100
        connection.send(BODY)
        assert answered(connection)


@pytest.mark.parametrize("first", ["POST /mcp HTTP/1.0", "POST /mcp HTTP/1.1"])
def test_a_last_request_with_an_upgrade_ends_the_connection(site: Site, first: str) -> None:
    with connected(site.base_url) as connection:
        offer = "Connection: Upgrade, close\r\nUpgrade: h2c"
        connection.send(head(site, connection, offer, f"Content-Length: {len(BODY)}", first=first) + BODY)
        assert connection.closed()
        assert b"HTTP/1.1 200 OK" in connection.received
        assert b'"result":{}' in connection.received


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Content-Length: 4\r\nContent-Length: 5",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding : chunked",
        "X: a\r\n Content-Length: 4",
    ],
)
def test_an_upgrade_hides_no_ambiguous_length(site: Site, framing: str) -> None:
    with connected(site.base_url) as connection:
        connection.send(head(site, connection, H2C, framing) + b"0\r\n\r\nGET /live HTTP/1.1\r\n\r\n")
        assert 400 <= connection.status() < 500
        assert connection.closed()
        assert connection.received.count(b"HTTP/1.1 ") == 1


def test_a_body_that_names_an_upgrade_stays_a_body(site: Site) -> None:
    body = json.dumps(request("ping", {"_meta": {"x": "\r\n\r\nConnection: Upgrade\r\nUpgrade: h2c"}})).encode()
    body = body.replace(b"\\r\\n", b"    ") + b"\r\n\r\n"
    with connected(site.base_url) as connection:
        connection.send(head(site, connection, f"Content-Length: {len(body)}") + body)
        assert answered(connection)


def test_limits_hold_after_an_upgrade(serve: Any) -> None:
    with serve(header_timeout=0.2, body_timeout=0.2, max_body_bytes=1024) as site:
        with connected(site.base_url) as connection:
            connection.send(head(site, connection, H2C, "Content-Length: 100") + b"{")
            assert connection.status() == 408
            assert connection.closed()
        with connected(site.base_url) as connection:
            connection.send(head(site, connection, H2C, "Content-Length: 2000") + b" " * 2000)
            assert connection.status() == 413
        with connected(site.base_url) as connection:
            connection.send(head(site, connection, H2C, "Content-Length: 2")[:-2])
            assert connection.closed(within=2)


@pytest.mark.parametrize("target", ["/mcp", "example.com:443"])
def test_connect_is_refused(site: Site, target: str) -> None:
    with connected(site.base_url) as connection:
        connection.send(f"CONNECT {target} HTTP/1.1\r\nHost: {connection.host}\r\n\r\n".encode())
        assert connection.status() == 400
        assert connection.closed()
