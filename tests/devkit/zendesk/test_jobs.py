"""Batch updates and merges are background jobs."""

import httpx2

from devkit.simulators.zendesk.testing import RunningSimulator

from .desk import changed, made


def test_tags_in_an_update_replace_and_update_many_adds(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    simulator.world.switches.job_seconds = 0
    number = made(zendesk, tags=["One", "two words"])["id"]
    assert zendesk.get(f"/tickets/{number}/tags").json() == {"tags": ["one", "two", "words"]}
    assert changed(zendesk, number, tags=["new"], additional_tags=["no"]).json()["ticket"]["tags"] == ["new"]
    change = {"additional_tags": ["more"], "remove_tags": ["new"]}
    zendesk.put("/tickets/update_many", params={"ids": str(number)}, json={"ticket": change})
    assert zendesk.get(f"/tickets/{number}").json()["ticket"]["tags"] == ["more"]


def test_jobs_take_time_and_report_each_task(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    now = [100.0]
    simulator.world.clock = lambda: now[0]
    simulator.world.switches.job_seconds = 10
    number = made(zendesk)["id"]
    tickets = [{"id": number, "priority": "high"}, {"id": 99999, "priority": "low"}, {"id": number, "status": "no"}]
    job = zendesk.put("/tickets/update_many", json={"tickets": tickets}).json()["job_status"]
    assert (job["status"], job["total"], job["results"]) == ("queued", 3, None)
    now[0] += 6
    assert zendesk.get(f"/job_statuses/{job['id']}").json()["job_status"]["status"] == "working"
    assert zendesk.get(f"/tickets/{number}").json()["ticket"]["priority"] is None
    now[0] += 6
    done = zendesk.get(f"/job_statuses/{job['id']}").json()["job_status"]
    assert (done["status"], [one["success"] for one in done["results"]]) == ("completed", [True, False, False])
    assert zendesk.get(f"/tickets/{number}").json()["ticket"]["priority"] == "high"


def test_too_many_jobs_are_refused(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    simulator.world.switches.job_seconds = 60
    answers = [zendesk.post("/tickets/1/merge", json={"ids": [2]}).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


def test_merge_closes_sources_and_copies_their_requesters(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    simulator.world.switches.job_seconds = 0
    target = made(zendesk, requester={"name": "Ann", "email": "ann@customer.example"})
    source = made(zendesk, requester={"name": "Bob", "email": "bob@customer.example"}, tags=["kept"])
    solved = made(zendesk, assignee_email="ada.lind@acme.example")
    changed(zendesk, solved["id"], status="solved")
    body = {
        "ids": [source["id"], solved["id"], target["id"], 99999],
        "target_comment": "Twin",
        "source_comment": "Go on",
    }
    job = zendesk.post(f"/tickets/{target['id']}/merge", json=body).json()["job_status"]
    results = zendesk.get(f"/job_statuses/{job['id']}").json()["job_status"]["results"]
    assert [one["success"] for one in results] == [True, False, False, False]
    merged = zendesk.get(f"/tickets/{source['id']}").json()["ticket"]
    assert (merged["status"], merged["tags"]) == ("closed", ["kept", "closed_by_merge"])
    assert zendesk.get(f"/tickets/{target['id']}").json()["ticket"]["email_cc_ids"] == [source["requester_id"]]
    last = zendesk.get(f"/tickets/{target['id']}/comments").json()["comments"][-1]
    assert (last["body"], last["public"], last["via"]["source"]["rel"]) == ("Twin", False, "merge")
    again = zendesk.post(f"/tickets/{source['id']}/merge", json={"ids": [target["id"]]}).json()["job_status"]
    assert not zendesk.get(f"/job_statuses/{again['id']}").json()["job_status"]["results"][0]["success"]
