"""The page of metrics and those who connect to it without asking for it."""

from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry

from servicekit.telemetry import metrics
from tests.servicekit.http.raw_socket import connected


def test_who_asks_for_nothing_holds_no_thread(
    free_port: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(metrics, "PAGE_TIMEOUT", 0.2)
    metrics._serve_page(CollectorRegistry(), "127.0.0.1", free_port)
    for said in (b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n"):
        with connected(f"http://127.0.0.1:{free_port}") as silent:
            silent.send(said)
            assert silent.closed()
    reader = HTTPConnection("127.0.0.1", free_port)
    reader.request("GET", "/metrics")
    assert reader.getresponse().status == 200
    reader.close()
    assert capfd.readouterr().err == ""
