"""Reads of returns."""

from typing import Protocol
from uuid import UUID


class ReturnReader(Protocol):
    """Reads returns."""

    async def order_of_return(self, return_id: str) -> UUID | None:
        """The order of a return; None where there is no such return."""
        ...
