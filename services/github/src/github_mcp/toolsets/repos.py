"""Repositories, code, branches and commits."""

from github_mcp.tools.commits import CommitTools
from github_mcp.tools.files import FileTools
from github_mcp.tools.repositories import RepositoryTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def repos(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `repos`."""
    add = Registration("repos", ports.disclosure)
    repositories, files = RepositoryTools(ports.repositories), FileTools(ports.files)
    commits = CommitTools(ports.commits)
    return [
        add.read(repositories.search_repositories, title="Find repositories"),
        add.read(repositories.list_repositories, title="Repositories of an owner"),
        add.read(repositories.search_code, title="Search in code"),
        add.read(files.get_file_contents, title="Read a file"),
        add.read(files.get_repository_tree, title="Files and folders"),
        add.read(repositories.list_branches, title="Branches"),
        add.read(commits.list_commits, title="Commit history"),
        add.read(commits.get_commit, title="One commit"),
        add.write(commits.create_branch, commits.find_branch, title="Create a branch"),
        add.write(commits.commit_files, commits.find_commit, title="Change, add and delete files"),
    ]
