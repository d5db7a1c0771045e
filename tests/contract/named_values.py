"""Arguments of every server's tools that take an identifier: each names something that must exist, or something new."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orders_mcp.models.currencies import CURRENT
from orders_mcp.sample_data.vocabulary import PRICE_LEVEL
from servicekit.schema import nearest

Examples = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """An argument that names something that must exist.

    Attributes:
        misspelt: makes a wrong value of a right one.
        is_near: the refusal gives the right value; not for numbers, of which none is near.
    """

    misspelt: Callable[[str], str] = lambda value: f"{value}x"
    is_near: bool = True


NEW = None
"""Declares an argument that names something new, or a value that is compared with the present one."""
NUMBER = Names(lambda _: "987654321", is_near=False)
ORDER = Names(lambda _: "ORD-99999999", is_near=False)
PARCEL = Names(lambda _: "1Z999AA10123456785", is_near=False)
TICKET = Names(lambda _: "T-99999999", is_near=False)
DECLARED: dict[str, dict[str, Names | None]] = {
    "orders": {
        "order_id": ORDER,
        "customer_id": Names(),
        "sku": Names(lambda value: f"{value}X"),
        "location": Names(lambda value: f"{value}9"),
        "restock": Names(lambda value: f"{value}9"),
        "skus": Names(lambda value: f"{value}X"),
        "from_location": Names(lambda value: f"{value}9"),
        "to_location": Names(lambda value: f"{value}9"),
        "refund_id": ORDER,
        "return_id": ORDER,
        "shipment_id": PARCEL,
        "replaces": PARCEL,
        "currency": Names(lambda value: nearest(value, CURRENT.keys() - PRICE_LEVEL, only_similar=True)[0]),
        "time_zone": Names(),
        "carrier": NEW,
        "tracking_number": NEW,
    },
    "ticketing": {
        "ticket_id": TICKET,
        "ticket_ids": TICKET,
        "other_id": TICKET,
        "into_id": TICKET,
        "queue_id": Names(),
        "assignee_id": Names(),
        "macro_id": Names(),
        "mentions": Names(),
        "requester": Names(),
        "merged_into": TICKET,
        "tags": Names(),
        "time_zone": Names(),
        **dict.fromkeys(("created_from", "created_to", "updated_from", "updated_to", "closed_from", "closed_to"), NEW),
        "due_before": NEW,
        "requester_email": NEW,
        "cc": NEW,
        "add_cc": NEW,
        "remove_cc": Names(lambda _: "unknown@example.com", is_near=False),
        "create_ticket.tags": NEW,
        "add_tags": NEW,
        "attachment_id": NUMBER,
        "attach_file.name": NEW,
        "remove_tags": Names(),
    },
    "github": {
        "owner": Names(),
        "repo": Names(),
        "ref": Names(),
        "from_ref": Names(),
        "target": Names(),
        "branch": Names(),
        "create_branch.branch": NEW,
        "create_repository.repo": NEW,
        "to_owner": Names(),
        "to_repo": NEW,
        "head": Names(),
        "base": Names(),
        "path": Names(),
        "files.path": NEW,
        "review_pull_request.comments.path": Names(is_near=False),
        "renamed_from": Names(),
        "bytes": NEW,
        "thread_id": NUMBER,
        "reviewers": Names(),
        "teams": Names(),
        "previous_tag": Names(),
        "workflow": Names(),
        "event": Names(),
        "actor": Names(),
        "labels": Names(),
        "create_issue.labels": NEW,
        "update_issue.labels": NEW,
        "assignee": Names(),
        "assignees": Names(),
        "creator": Names(),
        "author": Names(),
        "organization": Names(),
        "team": Names(),
        "issue_number": NUMBER,
        "pull_number": NUMBER,
        "run_id": NUMBER,
        "job_id": NUMBER,
        "expected_head": NEW,
        "head_sha": NEW,
        "tag": NEW,
        "query": NEW,
        "milestone": Names(),
        "type": Names(),
        "duplicate_of": NUMBER,
        "sub_issue": NUMBER,
        "after": NUMBER,
        "before": NUMBER,
        "alert_number": NUMBER,
    },
    "weather": {
        "location": Names(),
        "locations": Names(),
        "label": Names(),
        "save_location.label": NEW,
        "period": NEW,
        "save_units.units": NEW,
        "first_day": NEW,
    },
}
EXAMPLE = object()
"""Stands for the example of an optional argument."""
OTHERS: dict[str, Examples] = {
    "quote_refund": {},
    "get_job_logs": {"job_id": 1},
    "get_job_logs.run_id": {},
    "get_job_logs.pull_number": {},
    "review_pull_request": {"event": "APPROVE"},
    "review_pull_request.comments.path": {
        "event": "COMMENT",
        "comments": [{"path": "README.md", "line": 1, "body": "x"}],
    },
    "rerun_workflow_run": {"job_id": 1},
    "rerun_workflow_run.run_id": {},
    "list_issues": {"state": "all"},
    "update_milestone": {"state": "closed"},
    "change_sub_issue.after": {"action": "move"},
    "change_sub_issue.before": {"action": "move"},
    "adjust_inventory": {"change": 1, "reason": "received"},
    "update_draft_order": {"reserve": False},
    "transfer_stock": {"quantity": 1},
    "update_ticket": {"priority": "high"},
    "update_issue": {"title": "Another title"},
    "get_historical_weather": {"first_day": "2020-01-01", "last_day": "2020-01-02"},
    "sales_summary": {"from_day": "2026-01-01", "to_day": "2026-05-01"},
    "commit_files": {"files": [{"path": "new.txt", "content": "x"}]},
    "commit_files.files.renamed_from": {"files": [{"path": "new.txt"}], "expected_head": EXAMPLE},
    "create_release.previous_tag": {"generate_notes": True},
}
"""Arguments of tools whose generated ones are refused for another reason."""
