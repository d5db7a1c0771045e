"""Finds the primary through Sentinel, also while a Sentinel hangs or remembers an earlier primary."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.exceptions import RedisError

_FURTHER_ANSWERS: Final = 0.01
"""Seconds to wait for the other Sentinels after the first answer. One of them may know of a newer primary."""


class Primary(NamedTuple):
    """The primary that a Sentinel names.

    Attributes:
        address: host and port.
        epoch: of the configuration; each failover counts it up.
    """

    address: tuple[str, int]
    epoch: int


class Sentinels(Sentinel):
    """Asks every Sentinel at once. redis-py's own asks one after the other, so that one which hangs delays every call.

    Of the answers, the one with the newest configuration counts: a Sentinel that was cut off may name an old primary.
    """

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """The address of the primary.

        Raises:
            MasterNotFoundError: as for `primary`.
        """
        return (await self.primary(service_name)).address

    async def primary(self, service: str) -> Primary:
        """The primary.

        Raises:
            MasterNotFoundError: no Sentinel names one; its cause is the error of one that failed.
        """
        asked = [asyncio.create_task(self._ask(one, service)) for one in self.sentinels]
        try:
            answers = await _answers(asked)
        finally:
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        named = [one for one in answers if isinstance(one, Primary)]
        if not named:
            problem = next((one for one in answers if isinstance(one, Exception)), None)
            raise MasterNotFoundError("no Sentinel names a primary") from problem
        return max(named, key=lambda primary: primary.epoch)

    async def _ask(self, sentinel: Redis, service: str) -> Primary | Exception | None:
        """What one Sentinel says; None where its primary is down.

        The leader of a failover names the promoted replica by its address alone, before it moves the other replicas.
        """
        try:
            async with sentinel.pipeline(transaction=False) as commands:
                commands.execute_command("SENTINEL MASTER", service)
                commands.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", service)
                state, named = await commands.execute()
        except (RedisError, OSError) as error:
            return error
        if named is None:  # removed between the two
            return None
        address = (named[0].decode(), named[1])
        is_promoted = address != (state["ip"], state["port"])
        is_usable = is_promoted or self.check_master_state(state, service)
        return Primary(address, int(state["config-epoch"])) if is_usable else None


async def _answers(asked: Sequence[asyncio.Task[Primary | Exception | None]]) -> list[Primary | Exception]:
    """What the Sentinels say: all of them, or those that answer shortly after the first that names a primary."""
    answers, waiting = list[Primary | Exception](), set(asked)
    deadline: float | None = None
    while waiting:
        left = None if deadline is None else deadline - asyncio.get_running_loop().time()
        done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            break
        answers += [answer for one in done if (answer := one.result()) is not None]
        if deadline is None and any(isinstance(one, Primary) for one in answers):
            deadline = asyncio.get_running_loop().time() + _FURTHER_ANSWERS
    return answers
