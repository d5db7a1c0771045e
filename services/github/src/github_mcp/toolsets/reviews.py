"""What comes after a pull request was opened: threads, reviewers, and changes of the pull request itself."""

from github_mcp.tools.pull_edits import PullEditTools
from github_mcp.tools.reviews import ReviewTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def reviews(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `reviews`, which clients get only when they choose it."""
    add = Registration("reviews", ports.disclosure)
    tools = ReviewTools(ports.pulls, ports.reviews, ports.changed_files, ports.accounts)
    edits = PullEditTools(ports.pull_edits)
    return [
        add.read(tools.list_changed_files, title="Files that a pull request changes"),
        add.read(tools.list_review_threads, title="Threads of a review"),
        add.write(tools.reply_to_review_thread, tools.find_reply, title="Reply to a review comment"),
        add.write(tools.resolve_review_thread, title="Resolve a review thread"),
        add.write(tools.request_reviewers, title="Request reviewers"),
        add.write(edits.update_pull_request, title="Change a pull request"),
        add.write(
            edits.update_pull_request_branch, edits.find_branch_update, title="Bring a pull request's branch up to date"
        ),
    ]
