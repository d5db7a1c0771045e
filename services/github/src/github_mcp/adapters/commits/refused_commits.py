"""Why GitHub refused a commit, and what to do: nothing is written to the branch in any of these cases."""

from collections.abc import Sequence
from typing import Final

from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.models.changes import FileChange
from servicekit.core import Refused

_WORKFLOWS: Final = ".github/workflows/"
_RULES: Final = ("protected", "rule", "pull request", "status check", "signed", "signature", "review")
_NOTHING: Final = "Nothing was written."


def refused_commit(refused: RefusedByGitHub, branch: str, files: Sequence[FileChange]) -> Refused:
    """The refusal with its cause, where it is known, and the next step."""
    paths = [path for one in files for path in (one.path, one.renamed_from) if path]
    workflows = [path for path in paths if path.startswith(_WORKFLOWS)]
    said = refused.said.lower()
    if "workflow" in said or (workflows and refused.status in (403, 404)):
        named = f" ({', '.join(workflows[:3])})" if workflows else ""
        return Refused(
            f"{refused} {_NOTHING} The commit changes workflows{named}, which needs a permission of its own: the scope "
            "`workflow` of a classic token, or Workflows (write) of a fine-grained token or App. Ask the operator of "
            "this server for it, or leave these files out."
        )
    if any(word in said for word in _RULES):
        return Refused(
            f"{refused} {_NOTHING} The branch {branch} takes no direct commits of this kind. Create a branch with "
            "create_branch, commit to it, and open a pull request."
        )
    return Refused(f"{refused} {_NOTHING}")


def moved_branch(branch: str, expected: str | None, present: str) -> Refused:
    """The refusal of a commit on a branch that has other commits by now, or of which none were expected."""
    if expected is None:
        return Refused(
            f"Branch {branch} has commits: it is at {present}. {_NOTHING} Read what you change, then call again with "
            "that SHA as expected_head."
        )
    return Refused(
        f"Branch {branch} has moved from {expected}: it is at {present} now. {_NOTHING} Review the new commits, then "
        "call again with the new expected_head."
    )
