"""What every server does when it has as much work as it can do."""

import httpx2
import pytest

from .conftest import Running
from .test_http import call


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
async def test_a_call_beyond_the_bound_is_shed_and_health_is_not(running: Running, version: str) -> None:
    settings, concurrency = running.service.settings, running.service.pipeline.concurrency
    body, headers = call(running.service.identity.own_tool("whoami"), version)
    held = [await concurrency.acquire(f"another caller {number}") for number in range(settings.max_calls)]
    try:
        async with httpx2.AsyncClient(headers=running.headers(), timeout=settings.wait_timeout + 10) as http:
            shed = await http.post(running.endpoint, json=body, headers=headers)
            ready = await http.get(f"{running.base_url}/ready")
    finally:
        for slot in held:
            slot.release()
    assert (shed.status_code, shed.headers["Retry-After"]) == (503, "2")
    assert shed.json()["error"]["message"] == "The server is busy. Nothing was changed; try again in 2 s."
    assert ready.status_code == 200
    async with httpx2.AsyncClient(headers=running.headers()) as http:
        assert (await http.post(running.endpoint, json=body, headers=headers)).status_code == 200
