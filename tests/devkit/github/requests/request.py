"""What the tables of requests share."""

from collections.abc import Mapping
from typing import Any

SITE = "/repos/acme/website"
LEDGER = "/repos/acme/payments"
SHA = "0" * 40

Asked = tuple[str, str, Any, int]
"""Method, path, body and expected status. Requests of an area are sent in order to one simulator, and later ones depend
on the effects of earlier ones."""
Names = Mapping[str, Any]
"""Values for the ``{names}`` in paths and bodies, which depend on the seed."""
