"""Who may do what, and how often."""

import base64

import httpx2
import pytest

from devkit.simulators.zendesk.testing import RunningSimulator
from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN

from .desk import agent_id, changed


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer wrong", "Basic !", "Basic e30=", f"Bearer {SIMULATED_TOKEN}",
        "Basic " + base64.b64encode(f"{SIMULATED_EMAIL}:{SIMULATED_TOKEN}".encode()).decode(),
        "Basic " + base64.b64encode(f"{SIMULATED_EMAIL}/token:wrong".encode()).decode(),
        "Basic " + base64.b64encode(f"other@acme.example/token:{SIMULATED_TOKEN}".encode()).decode(),
    ],
)  # fmt: skip
def test_wrong_credentials_are_refused(simulator: RunningSimulator, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    response = httpx2.get(f"{simulator.url}/api/v2/tickets/1", headers=headers)
    assert (response.status_code, response.json()) == (401, {"error": "Couldn't authenticate you"})


def test_roles_limit_what_a_user_may_read(simulator: RunningSimulator, agent: httpx2.Client) -> None:
    assert agent.get("/users/me").json()["user"]["role"] == "agent"
    assert agent.get("/tickets/1").status_code == 200
    assert agent.get("/slas/policies").status_code == 403
    simulator.world.users[agent_id(simulator, "ada.lind")].role = "end-user"
    assert agent.get("/tickets/1").json()["error"]["title"] == "Forbidden"


def test_unknown_places_and_records_are_distinguished(zendesk: httpx2.Client) -> None:
    assert zendesk.get("/nowhere").json() == {"error": "InvalidEndpoint", "description": "Not found"}
    assert zendesk.get("/tickets/99999").json() == {"error": "RecordNotFound", "description": "Not found"}
    assert zendesk.get("/tickets/many").status_code == 400
    assert zendesk.request("PATCH", "/tickets/1", json={}).status_code == 404
    assert zendesk.post("/tickets", json={}).json()["error"]["title"] == "Invalid attribute"
    broken = zendesk.post("/tickets", content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 422


def test_account_limit_answers_429_until_the_minute_is_over(
    simulator: RunningSimulator, zendesk: httpx2.Client
) -> None:
    now = [simulator.world.clock()]
    simulator.world.clock = lambda: now[0]
    simulator.world.switches.requests_per_minute = 3
    left = [zendesk.get("/users/me").headers["x-rate-limit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = zendesk.get("/users/me")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    now[0] += 60
    assert zendesk.get("/users/me").status_code == 200


def test_one_user_updates_a_ticket_thirty_times(zendesk: httpx2.Client) -> None:
    answers = [changed(zendesk, 1, subject=f"Change {index}") for index in range(31)]
    assert [one.status_code for one in answers] == [200] * 30 + [429]
    assert answers[-1].text.startswith("Rate limit for ticket updates exceeded")
    assert int(answers[-1].headers["retry-after"]) > 500
    assert changed(zendesk, 2, subject="Another").status_code == 200


def test_switches_and_faults_are_set_over_http(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    given = httpx2.post(f"{simulator.url}/_simulator/switches", json={"search_lag": 5})
    assert given.json()["search_lag"] == simulator.world.switches.search_lag == 5
    assert httpx2.post(f"{simulator.url}/_simulator/switches", json={"unknown": 1}).status_code == 422
    httpx2.post(f"{simulator.url}/_simulator/faults", json={"kind": "rate_limit", "seconds": 7})
    limited = zendesk.get("/tickets/1")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    assert zendesk.get("/tickets/1").status_code == 200
