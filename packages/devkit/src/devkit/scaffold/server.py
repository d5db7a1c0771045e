"""Makes a server from its plan, or leaves the workspace as it was."""

from collections.abc import Callable
from pathlib import Path

from devkit.scaffold.changelog import with_section
from devkit.scaffold.evaluation import with_requests
from devkit.scaffold.plan import Plan, require_free_paths
from devkit.scaffold.records import keep_lock, record
from devkit.scaffold.tools import install, lock, tidy, write_generated
from devkit.scaffold.transaction import Transaction
from devkit.settings import DevkitSettings

Say = Callable[[str], None]


def create(settings: DevkitSettings, plan: Plan, say: Say = lambda _: None) -> list[Path]:
    """Write, lock and install a server and bring the generated files up to date.

    Args:
        say: takes a line for each step.

    Returns:
        Every file that was written or changed.

    Raises:
        DevkitError: a step failed. Every file is as it was.
    """
    workspace, name = settings.workspace, plan.names.service
    require_free_paths(settings, plan.files)
    installed = False
    try:
        with Transaction(workspace) as change:
            for path, text in plan.files.items():
                change.write(workspace / path, text)
            _add_changelog(change, workspace, plan)
            with_requests(change, workspace, plan.requests, name)
            say(f"Wrote {len(plan.files)} files of {name} for port {plan.port}.")
            lock(change, workspace)
            installed = True
            install(workspace)
            say("Locked and installed it.")
            tidy(workspace, [workspace / "services" / name, workspace / "tests" / "services" / name])
            write_generated(change, workspace)
            record(settings, name, change.changed)
            keep_lock(settings, name, change.before(workspace / "uv.lock"))
    except BaseException:
        say(f"{name} was not made. Every file is as it was.")
        if installed:
            install(workspace)
        raise
    return change.changed


def _add_changelog(change: Transaction, workspace: Path, plan: Plan) -> None:
    file = workspace / "CHANGELOG.md"
    change.write(file, with_section(file.read_text(encoding="utf-8"), plan.names.service, plan.changelog))
