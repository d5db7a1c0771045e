"""`github-mcp`: serve over HTTP or stdio, and check the audit trail."""

from github_mcp.app import build
from github_mcp.settings import GithubSettings
from servicekit.cli import add_audit_commands, audit_file_opener, audit_file_pruner, command_line

program = command_line("github-mcp", GithubSettings, build)
add_audit_commands(
    program, "github", GithubSettings, audit_file_opener(GithubSettings), audit_file_pruner(GithubSettings)
)


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
