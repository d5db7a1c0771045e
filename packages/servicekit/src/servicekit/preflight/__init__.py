"""The preflight (`<name>-mcp check`): whether a server can use its stores, its issuer and its files.

It runs before a server starts, or beside one, and changes nothing but a key of the shared store that expires.
"""

from servicekit.preflight.catalogue import CHECKS
from servicekit.preflight.finding import Finding
from servicekit.preflight.serving import check_owner, check_serving

__all__ = ["CHECKS", "Finding", "check_owner", "check_serving"]
