"""One call, end to end: from a registered operation and raw arguments to a reply."""

from servicekit.pipeline.elicitation import client_supports, elicit

__all__ = [
    "client_supports",
    "elicit",
]
