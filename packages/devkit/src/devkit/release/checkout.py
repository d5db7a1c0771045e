"""Reads the state and history of the checkout from git."""

import re
import subprocess
from pathlib import Path

from devkit.errors import DevkitError


class Checkout:
    """The git repository of a workspace."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def changed_since(self, reference: str) -> list[str]:
        """Files that differ from the merge base with `reference`, uncommitted and untracked ones included."""
        base = self._git("merge-base", reference, "HEAD").strip()
        known = self._git("diff", "--name-only", "--no-renames", base).splitlines()
        return [*known, *self._git("ls-files", "--others", "--exclude-standard").splitlines()]

    def text_at(self, reference: str, path: str) -> str | None:
        """The text of a file at `reference`; None when it did not exist."""
        listed = self._git("ls-tree", "--name-only", reference, "--", path)
        return self._git("show", f"{reference}:{path}") if listed.strip() else None

    def base(self, reference: str) -> str:
        """The merge base with `reference`."""
        return self._git("merge-base", reference, "HEAD").strip()

    def tags(self, prefix: str, *, merged: bool = False) -> list[str]:
        """Tags of the form `prefix` + version, the highest version first.

        Args:
            merged: only those in the history of HEAD, as a maintenance branch has a history of its own.
        """
        of_history = ("--merged", "HEAD") if merged else ()
        tags = self._git("tag", "--list", f"{prefix}*", "--sort=-v:refname", *of_history).splitlines()
        return [tag for tag in tags if re.fullmatch(r"\d+\.\d+\.\d+", tag.removeprefix(prefix))]

    def branches(self) -> set[str]:
        """Names of the branches that contain HEAD, here or in a remote, such as ``main``."""
        listed = self._git("for-each-ref", "--contains=HEAD", "--format=%(refname)", "refs/heads", "refs/remotes")
        return {re.sub(r"^refs/(heads|remotes/[^/]+)/", "", name) for name in listed.splitlines()}

    def differs_from(self, reference: str, folder: str) -> bool:
        """Whether a folder, with uncommitted changes, differs from that at `reference`."""
        return bool(self._git("diff", "--name-only", reference, "--", folder).strip())

    def is_at(self, tag: str) -> bool:
        """Whether HEAD is the commit of an existing tag."""
        return self._git("rev-parse", f"{tag}^{{commit}}").strip() == self.revision

    @property
    def revision(self) -> str:
        """The commit id of HEAD."""
        return self._git("rev-parse", "HEAD").strip()

    @property
    def epoch(self) -> str:
        """The commit's time in seconds since 1970, for SOURCE_DATE_EPOCH."""
        return self._git("log", "-1", "--format=%ct").strip()

    @property
    def is_clean(self) -> bool:
        """Whether there are no uncommitted changes."""
        return not self._git("status", "--porcelain").strip()

    def tag(self, name: str, message: str) -> None:
        """Create an annotated tag."""
        self._git("tag", "--annotate", name, "--message", message)

    def _git(self, *arguments: str) -> str:
        finished = subprocess.run(
            ["git", "-C", self._workspace, *arguments], capture_output=True, text=True, check=False
        )
        if finished.returncode != 0:
            raise DevkitError(f"git {arguments[0]} failed: {finished.stderr.strip()}")
        return finished.stdout
