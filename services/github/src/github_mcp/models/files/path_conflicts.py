"""Which paths a commit may write: none below a file, none at a directory, none that two changes touch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from github_mcp.models.changes import FileChange
from servicekit.core import Refused


class Present(Protocol):
    """What is at a path now."""

    @property
    def kind(self) -> str:
        """``file``, ``symbolic link``, ``directory`` or ``submodule``."""
        ...


Lookup = Callable[[str], Present | None]


def check_sources(files: Sequence[FileChange], present: Lookup, where: str) -> None:
    """Check what the changes start from.

    Raises:
        Refused: a file is missing, or is a submodule, or a directory that is neither removed nor moved.
    """
    for change in files:
        source = change.renamed_from or change.path
        found = present(source)
        if found is None and (change.renamed_from or change.content is None):
            raise Refused(
                f"There is no file {source} in {where}. Nothing was written. Give `content` for a new file, or list "
                "the files with get_repository_tree."
            )
        if found is not None and found.kind == "submodule":
            raise Refused(
                f"{source} is a submodule in {where}: another repository, and not a file. Nothing was written. Change "
                "the files in that repository, or the submodule in a clone."
            )
        is_whole = change.delete or (change.renamed_from and change.content is None and change.edits is None)
        if found is not None and found.kind == "directory" and not is_whole:
            raise Refused(f"{source} is a directory in {where}. Nothing was written. Name each of its files.")


def check_targets(
    targets: Mapping[str, FileChange], gone: Mapping[str, FileChange], present: Lookup, where: str
) -> None:
    """Check the paths that a commit writes.

    Args:
        targets: each path with its change.
        gone: each path that is removed or moved away.

    Raises:
        Refused: two changes touch one path, or a path would be both a file and a directory.
    """
    moved = {change.path: change for change in targets.values() if change.renamed_from is not None}
    for path, change in {**targets, **moved}.items():
        found = None if path in gone else present(path)
        if found is not None and (found.kind == "directory" or change.renamed_from is not None):
            raise Refused(
                f"{path} exists in {where}: it is a {found.kind}. Nothing was written. Choose another path, or delete "
                "it in a commit before."
            )
        for above in _above(path):
            found = None if above in gone else present(above)
            if above in targets or (found is not None and found.kind != "directory"):
                kind = found.kind if found is not None else "file"
                raise Refused(
                    f"{above} is a {kind} in {where}, so {path} cannot be in it. Nothing was written. Choose another "
                    f"path, or delete {above} in the same commit."
                )


def check_removals(files: Sequence[FileChange]) -> None:
    """Check what is removed or moved.

    Raises:
        Refused: a directory would be moved into itself, or another change starts from what is removed or moved.
    """
    removed: dict[str, FileChange] = {}
    for change in files:
        source = change.renamed_from or change.path
        if change.renamed_from is not None and change.path.startswith(f"{source}/"):
            raise Refused(f"{source} cannot be moved into itself. Nothing was written. Choose another path.")
        if change.renamed_from is not None or change.delete:
            if source in removed:
                raise Refused(f"{source} is moved twice, or moved and deleted. Nothing was written. Name it once.")
            removed[source] = change
    for change in files:
        if change.content is not None and change.renamed_from is None:
            continue  # written whole, whatever happens to the present file
        source = change.renamed_from or change.path
        for path in (source, *_above(source)):
            if removed.get(path, change) is not change:
                raise Refused(
                    f"{path} is removed or moved by another change of this commit, which changes {source} too. Nothing "
                    "was written. Use two commits."
                )


def _above(path: str) -> list[str]:
    """The directories that contain a path, from the root down."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
