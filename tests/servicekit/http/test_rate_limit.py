"""Rate limits over HTTP: headers on every answer, words for a model, 429 for floods and for strangers."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from tests.servicekit.apps.general_app import READ
from tests.servicekit.conftest import ACCEPT, Site, era_headers, get, message_in, post, request

from .raw_socket import connected

BOOK = {"name": "get_book", "arguments": {"number": 1}}


@pytest.fixture
def strict(serve: Any) -> Iterator[Site]:
    """A server with low rate limits."""
    with serve(limit_caller=3, limit_tool=2) as site:
        yield site


def call(site: Site, era: str = "auto", tool: str = "get_book", **options: Any) -> Any:
    message = request("tools/call", {**BOOK, "name": tool}, era)
    return site.post(message, **options, **era_headers("tools/call", tool, era))


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_every_answer_says_what_is_left(strict: Site, era: str) -> None:
    first, second = call(strict, era), call(strict, era)
    assert first.headers["RateLimit-Policy"] == '"caller";q=3;w=60'
    assert re.fullmatch('"caller";r=2;t=6[0-3]', first.headers["RateLimit"])
    assert first.headers["X-RateLimit-Limit"] == "3"
    assert (second.headers["X-RateLimit-Remaining"], int(second.headers["X-RateLimit-Reset"]) <= 63) == ("1", True)
    listed = strict.post(request("tools/list", era=era), **era_headers("tools/list", era=era))
    assert (listed.status_code, listed.headers["X-RateLimit-Remaining"]) == (200, "0")
    again = strict.post(request("tools/list", era=era), **era_headers("tools/list", era=era))
    assert again.status_code == 429
    assert 0 < int(again.headers["Retry-After"]) <= 63


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_a_spent_budget_returns_the_wait_to_the_model(strict: Site, era: str) -> None:
    results = [call(strict, era) for _ in range(3)]
    assert [response.status_code for response in results] == [200, 200, 200]
    refused = message_in(results[2])["result"]
    assert refused["isError"] is True
    text = refused["content"][0]["text"]
    assert text.startswith("Your budget of calls of this tool for this minute is spent. Nothing was done; wait ")
    assert "ask for more records at once with `limit`" in text
    assert 0 < refused["_meta"]["fleet/retry_after"] <= 63
    assert results[2].headers["X-RateLimit-Remaining"] == "1"  # the refused call cost nothing


def test_a_flood_of_calls_gets_429(strict: Site, call_log: pytest.LogCaptureFixture) -> None:
    statuses = [call(strict).status_code for _ in range(10)]
    assert statuses == [200] * 5 + [429] * 5
    response = call(strict)
    assert (response.json()["id"], response.json()["error"]["code"]) == (1, 429)
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["X-RateLimit-Remaining"] == "1"
    lines = [vars(record) for record in call_log.records if record.getMessage() == "call"]
    assert [line["outcome"] for line in lines] == ["ok"] * 2 + ["rate_limited"] * 9
    assert {(line["operation"], line["subject"]) for line in lines} == {("tools/call get_book", "dev")}


def test_a_denied_call_is_counted_too(strict: Site) -> None:
    statuses = [call(strict, tool="add_book").status_code for _ in range(10)]
    assert statuses[:2] == [403, 403]
    assert statuses[-1] == 429


def test_clients_of_one_subject_share_its_budget(strict: Site) -> None:
    tokens = [strict.token(READ, client_id=f"client {number}") for number in range(3)]
    assert [call(strict, token=token).headers["X-RateLimit-Remaining"] for token in tokens[:2]] == ["2", "1"]
    refused = call(strict, token=tokens[2])
    assert (message_in(refused)["result"]["isError"], refused.headers["X-RateLimit-Remaining"]) == (
        True,
        "1",
    )  # two of the tool


def test_one_caller_does_not_spend_anothers_budget(strict: Site) -> None:
    for _ in range(10):
        call(strict)
    assert call(strict, token=strict.token(READ, subject="bob")).headers["X-RateLimit-Remaining"] == "2"
    assert call(strict, token=strict.token(READ, tenant="globex")).status_code == 200


def test_unknown_methods_count_against_the_limit(strict: Site) -> None:
    statuses = [strict.post(request("no/such/method"), **era_headers("x")).status_code for _ in range(5)]
    assert statuses[3:] == [429, 429]


def test_responses_of_a_client_count_against_the_limit(strict: Site) -> None:
    answer = {"jsonrpc": "2.0", "id": 1, "result": {}, "params": ["no", "object"]}
    statuses = [strict.post(answer, **era_headers("x")).status_code for _ in range(5)]
    assert statuses[3:] == [429, 429]


def test_replicas_count_together(serve: Any, valkey_url: str) -> None:
    Redis.from_url(valkey_url).close()
    name = secrets.token_hex(6)
    with serve(redis_url=valkey_url, limit_caller=6) as one, serve(redis_url=valkey_url, limit_caller=6) as two:
        left = [
            call(site, token=site.token(READ, subject=name)).headers["X-RateLimit-Remaining"]
            for site in (one, two, one, two, one, two)
        ]
    assert left == ["5", "4", "3", "2", "1", "0"]


def test_bad_credentials_of_an_address_are_rate_limited(serve: Any) -> None:
    with serve(limit_address=4) as site:
        assert call(site).status_code == 200
        statuses = [
            call(site, token=wrong).status_code for wrong in ("x", "eyJ.a.b", "fleet_a_b", "x" * 9000, "x", "y")
        ]
        assert statuses == [401, 401, 401, 401, 429, 429]
        blocked = call(site, token="x")
        assert 0 < int(blocked.headers["Retry-After"]) <= 60
        assert blocked.json()["error"]["code"] == 429
        assert call(site).status_code == 200  # a valid credential is served, whatever else comes from its address


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_valid_tokens_are_served_after_312_bad_ones(serve: Any, era: str) -> None:
    with serve(limit_address=300) as site:
        statuses = [call(site, era, token="eyJ.a.b").status_code for _ in range(312)]
        assert statuses == [401] * 300 + [429] * 12
        assert call(site, era).status_code == 200


def test_requests_without_credentials_are_counted(serve: Any) -> None:
    with serve(limit_address=3) as site:
        answers = [post(site.endpoint, json={}, headers=ACCEPT) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
        assert answers[4].headers["WWW-Authenticate"] == answers[0].headers["WWW-Authenticate"]  # says how to sign in
        # A body is never waited for.
        with connected(site.base_url) as connection:
            connection.head(Content_Length="1000", Content_Type="application/json")
            assert connection.status() == 429
        assert call(site).status_code == 200


def test_bad_tokens_do_not_hide_the_challenge(serve: Any) -> None:
    with serve(limit_address=3) as site:
        assert [call(site, token="x").status_code for _ in range(5)][3:] == [429, 429]
        response = post(site.endpoint, json={}, headers=ACCEPT)
        assert (response.status_code, "resource_metadata" in response.headers["WWW-Authenticate"]) == (401, True)


OPEN = ("/", "/health", "/live", "/ready", "/.well-known/oauth-protected-resource/mcp", "/unknown")


@pytest.mark.parametrize("path", OPEN)
def test_public_routes_are_open_to_everyone_behind_one_address(serve: Any, path: str) -> None:
    with serve(limit_address=2) as site:
        for _ in range(5):
            call(site, token="x")
            post(site.endpoint, json={}, headers=ACCEPT)
        statuses = {get(f"{site.base_url}{path}", headers={"Authorization": "Bearer x"}).status_code for _ in range(9)}
        assert statuses == {404 if path == "/unknown" else 200}


def test_an_address_behind_a_proxy_is_counted_alone(serve: Any, call_log: pytest.LogCaptureFixture) -> None:
    with serve(limit_address=5, proxy_addresses="127.0.0.0/8") as site:

        def statuses(address: str, times: int, header: str = "X-Forwarded-For") -> set[int]:
            return {call(site, token="x", **{header: address}).status_code for _ in range(times)}

        assert statuses("203.0.113.7", 5) == {401}
        assert statuses("203.0.113.7", 3) == {429}
        assert statuses("198.51.100.1, 203.0.113.7", 3) == {429}  # an invented address before its own
        assert statuses("for=203.0.113.7;proto=https", 1, "Forwarded") == {429}
        assert statuses("203.0.113.8", 1) == {401}
        assert statuses("2001:db8:0:1::1", 3) | statuses("2001:db8:0:1::2", 2) == {401}
        assert statuses("2001:db8:0:1:ffff::3", 1) == {429}  # the same /64
        assert call(site, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 200
    lines = [vars(record) for record in call_log.records]
    assert [line["address"] for line in lines if line["msg"] == "address limited"] == [
        "203.0.113.7",
        "2001:db8:0:1:ffff::3",
    ]
    rejected = [line["address"] for line in lines if line["msg"] == "credential rejected"]
    assert rejected == ["203.0.113.7"] * 5 + ["203.0.113.8"] + ["2001:db8:0:1::1"] * 3 + ["2001:db8:0:1::2"] * 2


@pytest.mark.parametrize("proxies", ["", "192.0.2.1"])
def test_forwarded_addresses_of_strangers_are_ignored(serve: Any, proxies: str) -> None:
    with serve(limit_address=3, proxy_addresses=proxies) as site:
        statuses = [
            call(site, token="x", **{"X-Forwarded-For": f"203.0.113.{number}"}).status_code for number in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]
