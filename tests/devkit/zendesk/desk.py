"""Calls of the simulated desk, for its tests."""

from typing import Any

import httpx2

from devkit.simulators.zendesk.testing import RunningSimulator


def made(zendesk: httpx2.Client, **fields: Any) -> dict[str, Any]:
    """A new ticket."""
    ticket = {"subject": "Case", "comment": {"body": "Words"}, **fields}
    response = zendesk.post("/tickets", json={"ticket": ticket})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()["ticket"]
    return found


def changed(zendesk: httpx2.Client, number: int, **fields: Any) -> httpx2.Response:
    return zendesk.put(f"/tickets/{number}", json={"ticket": fields})


def found(zendesk: httpx2.Client, query: str, **parameters: Any) -> list[int]:
    response = zendesk.get("/search", params={"query": f"type:ticket {query}", **parameters})
    assert response.status_code == 200, response.text
    return [one["id"] for one in response.json()["results"]]


def agent_id(simulator: RunningSimulator, name: str) -> int:
    return next(user.id for user in simulator.world.users.values() if user.external_id == name)


def group_id(simulator: RunningSimulator, name: str) -> int:
    return next(group.id for group in simulator.world.groups.values() if group.name == name)
