"""What git knows of the checkout."""

import re
import subprocess
from pathlib import Path

from devkit.errors import DevkitError


class Checkout:
    """The repository that a workspace is in."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def changed_since(self, reference: str) -> list[str]:
        """Files that differ between where history left `reference` and what is in the folder now, new ones included."""
        base = self._git("merge-base", reference, "HEAD").strip()
        known = self._git("diff", "--name-only", "--no-renames", base).splitlines()
        return [*known, *self._git("ls-files", "--others", "--exclude-standard").splitlines()]

    def text_at(self, reference: str, path: str) -> str | None:
        """A file as it was at `reference`; None where it was not."""
        listed = self._git("ls-tree", "--name-only", reference, "--", path)
        return self._git("show", f"{reference}:{path}") if listed.strip() else None

    def base(self, reference: str) -> str:
        """The commit where history left `reference`."""
        return self._git("merge-base", reference, "HEAD").strip()

    def tags(self, prefix: str) -> list[str]:
        """Tags that are `prefix` and a version, the highest first."""
        tags = self._git("tag", "--list", f"{prefix}*", "--sort=-v:refname").splitlines()
        return [tag for tag in tags if re.fullmatch(r"\d+\.\d+\.\d+", tag.removeprefix(prefix))]

    def is_at(self, tag: str) -> bool:
        """Whether the checkout is the commit of a tag that there is."""
        return self._git("rev-parse", f"{tag}^{{commit}}").strip() == self.revision

    @property
    def revision(self) -> str:
        """The commit of the checkout."""
        return self._git("rev-parse", "HEAD").strip()

    @property
    def epoch(self) -> str:
        """When that commit was made, in seconds since 1970: the SOURCE_DATE_EPOCH of what is built from it."""
        return self._git("log", "-1", "--format=%ct").strip()

    @property
    def is_clean(self) -> bool:
        """Whether the folder is the commit and nothing else."""
        return not self._git("status", "--porcelain").strip()

    def tag(self, name: str, message: str) -> None:
        """Make an annotated tag."""
        self._git("tag", "--annotate", name, "--message", message)

    def _git(self, *arguments: str) -> str:
        finished = subprocess.run(
            ["git", "-C", self._workspace, *arguments], capture_output=True, text=True, check=False
        )
        if finished.returncode != 0:
            raise DevkitError(f"git {arguments[0]} failed: {finished.stderr.strip()}")
        return finished.stdout
