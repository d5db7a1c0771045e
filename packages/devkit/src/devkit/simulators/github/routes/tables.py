"""Every table of routes."""

from typing import Final

from devkit.simulators.github.routes import (
    actions,
    alerts,
    branches,
    checks,
    comparisons,
    contents,
    file_writes,
    git_data,
    issues,
    merging,
    new_repositories,
    people,
    planning,
    protection,
    pulls,
    releases,
    reviews,
    search,
    users,
    workflows,
)

TABLES: Final = (
    users,
    people,
    new_repositories,
    checks,
    actions,
    workflows,
    contents,
    file_writes,
    branches,
    protection,
    comparisons,
    git_data,
    issues,
    planning,
    alerts,
    pulls,
    merging,
    reviews,
    releases,
    search,
)
"""In the order in which they match. Checks come before commits: a ref may contain slashes, so the longer path must
match first."""
