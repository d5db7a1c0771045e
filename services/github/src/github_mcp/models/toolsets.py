"""The groups in which tools are offered, as GitHub's own server names them."""

from typing import Literal

Toolset = Literal["repos", "issues", "pull_requests", "actions", "releases", "users"]
