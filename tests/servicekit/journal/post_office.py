"""A service without a database: its writes reach outside, where no transaction can take them back."""

import asyncio
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from servicekit.core.errors import NothingChanged, Overloaded, Refused
from servicekit.journal.effect_id import current_effect_id
from servicekit.registry.preview import Preview
from servicekit.testing.service import caller

SCOPE = "letters:send"
ANN = caller(SCOPE)


class Sent(BaseModel):
    """How many letters were sent so far."""

    count: int


class PostOffice:
    """What the tools reach outside; sends are counted, since nothing can take one back."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.fails: Exception | None = None
        self.after: Callable[[], Any] | None = None

    async def send_letter(self, text: str) -> Sent:
        """Send a letter."""
        if isinstance(self.fails, Refused | Overloaded | NothingChanged):
            raise self.fails
        await asyncio.sleep(0)
        self.sent.append(text)
        if self.fails is not None:
            raise self.fails
        if self.after is not None:
            await self.after()
        return Sent(count=len(self.sent))

    async def preview_burning(self, text: str) -> Preview:
        """What burning would do."""
        return Preview(effect=f"{len(text)} characters burn.", version=len(self.sent))

    async def burn_letter(self, text: str) -> Sent:
        """Burn a letter."""
        return await self.send_letter(text)

    async def post_parcel(self, text: str) -> Sent:
        """Send something that can be found again by its mark."""
        return await self.send_letter(f"{text} {current_effect_id()}")

    async def find_parcel(self, **_: object) -> Sent | None:
        """What an earlier attempt sent."""
        place = next((place for place, one in enumerate(self.sent, 1) if current_effect_id() in one), None)
        return Sent(count=place) if place is not None else None

    async def preview_postcard(self, text: str) -> Preview | None:
        """Only a long one needs consent."""
        return Preview(effect=f"{len(text)} characters for all to read.", version=1) if len(text) > 10 else None

    async def send_postcard(self, text: str) -> Sent:
        """Send a postcard."""
        return await self.send_letter(text)

    async def count_letters(self) -> Sent:
        """Count."""
        return Sent(count=len(self.sent))


Open = Callable[..., Any]
