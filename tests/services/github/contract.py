"""What the contract suite needs to know about the github server."""

from mcp.client import Client

from tests.contract.named_values import EXAMPLE, NEW, NUMBER, Examples, Names
from tests.fixtures.calls import call

from .text_fields import text_fields

__all__ = ["NAMED", "OTHERS", "examples", "text_fields"]

NAMED: dict[str, Names | None] = {
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
}
"""Arguments that take an identifier."""
OTHERS: dict[str, Examples] = {
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
    "update_issue": {"title": "Another title"},
    "commit_files": {"files": [{"path": "new.txt", "content": "x"}]},
    "commit_files.files.renamed_from": {"files": [{"path": "new.txt"}], "expected_head": EXAMPLE},
    "create_release.previous_tag": {"generate_notes": True},
}
"""Arguments of tools whose generated ones are refused for another reason."""


async def examples(client: Client) -> Examples:
    """Right values of the arguments that take an identifier."""
    site = {"owner": "acme", "repo": "website"}
    head = next(one for one in (await call(client, "list_branches", **site))["items"] if one["name"] == "main")
    return {
        **site, "to_owner": "acme", "ref": "main", "from_ref": "main", "target": "main", "branch": "main",
        "head": "main",
        "base": "main", "path": "README.md", "labels": "bug", "assignee": "mona", "assignees": "mona",
        "creator": "mona", "author": "mona", "issue_number": 1, "pull_number": 3, "run_id": 1, "job_id": 1,
        "expected_head": head["sha"], "head_sha": head["sha"], "tag": "v9.9.9", "type": "Bug",
        "milestone": "Version 1.1", "duplicate_of": 2, "sub_issue": 2, "after": 2, "before": 2, "alert_number": 1,
        "organization": "acme", "team": "platform", "renamed_from": "README.md", "thread_id": 1,
        "reviewers": "mona", "teams": "platform", "previous_tag": "v1.0.0",
        "workflow": "deploy.yml", "event": "push", "actor": "mona",
    }  # fmt: skip
