"""`github-mcp`: serve over HTTP or stdio, and check the audit trail."""

from github_mcp.app import build
from github_mcp.settings import GithubSettings
from servicekit.cli import add_audit_commands, audit_file_opener, command_line
from servicekit.settings import load

program = command_line("github-mcp", GithubSettings, build)
add_audit_commands(program, audit_file_opener(lambda: load(GithubSettings).audit_file, "GITHUB_AUDIT_FILE"))


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
