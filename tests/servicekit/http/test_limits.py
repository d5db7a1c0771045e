"""Limits on requests over HTTP: size, number and time, for every sender."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servicekit.apps.general_app import READ
from tests.servicekit.conftest import ACCEPT, Site, post, request

from .raw_socket import connected

LIST = request("tools/list")
BODY = json.dumps(LIST).encode()
JSON = {"Content_Type": "application/json", "Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def hasty(issuer: Any) -> Iterator[Site]:
    """A server that waits 0.2 s for a client."""
    from servicekit.testing.service import serving
    from tests.servicekit.conftest import at, general_app

    def build(port: int) -> Any:
        return general_app(**at(port, issuer.url), header_timeout=0.2, body_timeout=0.2, max_body_bytes=4096)

    with serving(build) as base_url:
        yield Site(base_url, issuer)


def signed(site: Site) -> dict[str, str]:
    return {**JSON, "Authorization": f"Bearer {site.token(READ)}"}


def test_a_hundred_headers_are_enough(site: Site) -> None:
    assert site.post(LIST, **{f"X-{number}": "a" for number in range(80)}).status_code == 200
    response = site.post(LIST, **{f"X-{number}": "a" for number in range(100)})
    assert response.status_code == 431
    assert response.headers["Connection"] == "close"
    assert response.json()["error"]["message"] == "The request has too many headers."


def test_a_head_beyond_its_size_is_refused_even_unfinished(site: Site) -> None:
    assert site.post(LIST, **{"X-Long": "a" * 40_000}).status_code in (400, 431)
    with connected(site.base_url) as connection:
        connection.send(b"POST /mcp HTTP/1.1\r\nX-Long: ")
        for _ in range(40):
            connection.send(b"a" * 1000)
        assert connection.status() == 400
        assert connection.closed()


@pytest.mark.parametrize(
    "sent", [b"", b"POST /mcp HTTP/1.1\r\n", b"POST /mcp HTTP/1.1\r\nHost: x\r\nX: ", b"\r\n", b"\r"]
)
def test_a_head_that_does_not_come_ends_the_connection(hasty: Site, sent: bytes) -> None:
    with connected(hasty.base_url) as connection:
        connection.send(sent)
        assert connection.closed(within=2)


@pytest.mark.parametrize("sent", [b"\r\n", b"P", b"GET /live HTTP/1.1\r\n"])
def test_an_idle_connection_is_closed_after_an_answer(hasty: Site, sent: bytes) -> None:
    with connected(hasty.base_url) as connection:
        connection.head("GET", "/live")
        assert connection.status() == 200
        connection.send(sent)
        assert connection.closed(within=2)


def test_white_space_around_a_value_is_not_part_of_it(site: Site) -> None:
    call = request("tools/call", {"name": "get_book", "arguments": {"number": 1}}, "modern")
    body = json.dumps(call).encode()
    signed_in = {"Authorization": f" \tBearer {site.token(READ)}\t", **JSON}
    with connected(site.base_url) as connection:
        connection.head(
            **signed_in,
            MCP_Protocol_Version="2026-07-28 ",
            Mcp_Method="\ttools/call\t",
            Mcp_Name="  get_book  ",
            Content_Length=str(len(body)),
        )
        connection.send(body)
        assert connection.status() == 200


def test_a_head_in_pieces_is_read(hasty: Site) -> None:
    with connected(hasty.base_url) as connection:
        for number in range(3):
            for piece in (b"GET /li", b"ve HTTP/1.1\r\nHo", f"st: {connection.host}\r\n\r".encode(), b"\n"):
                connection.send(piece)
            assert connection.status() == 200
            connection.received = b""
            assert number < 3


def test_a_body_that_does_not_come_is_408(hasty: Site) -> None:
    with connected(hasty.base_url) as connection:
        connection.head(**signed(hasty), Content_Length="100")
        connection.send(b"{")
        assert connection.status() == 408
        assert b"The body did not arrive within 0.2 s." in connection.received
        assert connection.closed()


@pytest.mark.parametrize("framing", [{"Content_Length": "100"}, {"Transfer_Encoding": "chunked"}])
@pytest.mark.parametrize(
    ("method", "path", "expected"), [("POST", "/mcp", 401), ("GET", "/live", 200), ("POST", "/nowhere", 404)]
)
def test_an_unread_body_does_not_hold_a_connection(
    hasty: Site, framing: dict[str, str], method: str, path: str, expected: int
) -> None:
    with connected(hasty.base_url) as connection:
        connection.head(method, path, **framing)
        assert connection.status() == expected
        connection.send(b"1")
        assert connection.closed(within=2)


def test_a_connection_survives_an_unread_body(hasty: Site) -> None:
    with connected(hasty.base_url) as connection:
        connection.head(Content_Length="5")
        assert connection.status() == 401
        connection.received = b""
        connection.send(b"12345")
        connection.head("GET", "/live")
        assert connection.status() == 200


@pytest.mark.parametrize(
    "flood", [b"X-Trailer: aaaaaaaaaaaa\r\n", b"aaaaaaaaaaaaaaaaaaaaaaaaa", b"1;extension=aaaaaa\r\nx\r\n"]
)
def test_a_flood_in_chunk_framing_ends_the_connection(serve: Any, flood: bytes) -> None:
    with serve(max_body_bytes=1024) as site, connected(site.base_url) as connection:
        connection.head(Transfer_Encoding="chunked")
        assert connection.status() == 401
        connection.send(b"" if flood.startswith(b"1") else b"0\r\nX: ")
        for _ in range(20):
            connection.send(flood * 400)
        assert connection.closed(within=3)


def test_trailers_are_dropped(site: Site) -> None:
    with connected(site.base_url) as connection:
        connection.head(**signed(site), Transfer_Encoding="chunked")
        connection.send(f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\nMCP-Protocol-Version: 1999-01-01\r\n\r\n")
        assert connection.status() == 200


def test_a_body_in_chunks_is_counted(hasty: Site) -> None:
    with connected(hasty.base_url) as connection:
        connection.head(**signed(hasty), Transfer_Encoding="chunked")
        for _ in range(5):
            connection.send(b"400\r\n" + b" " * 1024 + b"\r\n")
        assert connection.status() == 413


def test_one_byte_chunks_are_a_body_like_any_other(site: Site) -> None:
    with connected(site.base_url) as connection:
        connection.head(**signed(site), Transfer_Encoding="chunked")
        connection.send(b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n")
        assert connection.status() == 200


def test_ten_megabytes_are_refused_and_the_client_gets_to_know(site: Site) -> None:
    for _ in range(5):
        response = post(
            site.endpoint, content=b" " * 10_000_000, headers={**site.headers(READ), "Content-Type": "application/json"}
        )
        assert response.status_code == 413
        assert response.json()["error"]["message"] == "The body is larger than 1048576 bytes."


def test_expect_100_continue_refuses_a_large_body_early(site: Site) -> None:
    with connected(site.base_url) as connection:
        connection.head(**signed(site), Content_Length="10000000", Expect="100-continue")
        assert connection.status() == 413
        assert not connection.received.startswith(b"HTTP/1.1 100")


def test_http_1_0_gets_no_interim_response(site: Site) -> None:
    with connected(site.base_url) as connection:
        fields = {"Host": connection.host, **signed(site), "Content_Length": len(BODY), "Expect": "100-continue"}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        connection.send("\r\n".join(["POST /mcp HTTP/1.0", *lines, "", ""]).encode())
        connection.send(BODY)
        assert connection.status() == 200


def test_exactly_the_largest_body_is_read(hasty: Site) -> None:
    headers = {**hasty.headers(READ), "Content-Type": "application/json"}
    assert post(hasty.endpoint, content=BODY.ljust(4096), headers=headers).status_code == 200
    assert post(hasty.endpoint, content=BODY.ljust(4097), headers=headers).status_code == 413


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: 4, 4",
        "Content-Length: -1",
        "Content-Length: +4",
        "Content-Length: 0x4",
        "Content-Length: " + "9" * 5000,
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
    ],
)
def test_a_body_with_two_lengths_or_none_is_refused(site: Site, framing: str) -> None:
    with connected(site.base_url) as connection:
        authorization = f"Authorization: Bearer {site.token(READ)}\r\nContent-Type: application/json"
        connection.send(
            f"POST /mcp HTTP/1.1\r\nHost: {connection.host}\r\n{authorization}\r\n{framing}\r\n\r\n".encode()
        )
        connection.send(b"0\r\n\r\n")
        assert 400 <= connection.status() < 500
        assert connection.closed()
        assert connection.received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json, application/json"],
)
def test_another_content_type_is_415(site: Site, media_type: str) -> None:
    response = post(site.endpoint, content=BODY, headers={**site.headers(READ), "Content-Type": media_type})
    assert response.status_code == 415


def test_a_content_type_may_have_parameters(site: Site) -> None:
    headers = {**site.headers(READ), "Content-Type": "application/json; charset=utf-8"}
    assert post(site.endpoint, content=BODY, headers=headers).status_code == 200


def test_an_upgrade_leads_nowhere(site: Site) -> None:
    with connected(site.base_url) as connection:
        connection.head("GET", "/mcp", Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13")
        assert connection.status() == 401


def test_a_stranger_gets_no_body_read(hasty: Site) -> None:
    response = post(hasty.endpoint, content=b"{" * 100_000, headers={**ACCEPT, "Content-Type": "application/json"})
    assert response.status_code == 401
