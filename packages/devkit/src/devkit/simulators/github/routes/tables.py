"""Every table of routes."""

from typing import Final

from devkit.simulators.github.routes import (
    actions,
    alerts,
    branches,
    checks,
    contents,
    git_data,
    issues,
    merging,
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
    checks,
    actions,
    workflows,
    contents,
    branches,
    protection,
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
