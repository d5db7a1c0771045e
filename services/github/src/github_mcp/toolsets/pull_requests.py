"""Pull requests: reading, opening, reviewing and merging them."""

from github_mcp.tools.merging import MergeTools
from github_mcp.tools.pulls import PullTools
from github_mcp.tools.reviews import ReviewTools
from github_mcp.toolsets.registration import MERGE, GitHubPorts, Registration
from servicekit.registry import ToolSpec


def pull_requests(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `pull_requests`."""
    add = Registration("pull_requests", ports.disclosure)
    tools, merging = PullTools(ports.pulls, ports.reviews), MergeTools(ports.pulls, ports.merging, ports.disclosure)
    reviews = ReviewTools(ports.pulls, ports.reviews, ports.changed_files, ports.accounts)
    return [
        add.read(tools.list_pull_requests, title="Pull requests of a repository"),
        add.read(tools.get_pull_request, title="Read a pull request (PR)"),
        add.read(tools.get_pull_request_diff, title="Changes of a pull request"),
        add.write(tools.create_pull_request, tools.find_pull_request, title="Open a pull request"),
        add.write(reviews.review_pull_request, reviews.find_review, title="Review a pull request"),
        add.destroy(
            merging.merge_pull_request,
            merging.preview_merge,
            merging.find_merge,
            scope=MERGE,
            title="Merge a pull request",
        ),
    ]
