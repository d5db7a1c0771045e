"""Finds the primary through Sentinel, also while a Sentinel hangs or remembers an earlier primary."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.exceptions import RedisError

_FURTHER_ANSWERS: Final = 0.01
"""Seconds to wait for a majority of answers after the first one."""

State = dict[str, Any]


class Sentinels(Sentinel):
    """Asks every Sentinel at once. redis-py's own asks one after the other, so that one which hangs delays every call.

    Of the answers, the one with the newest configuration counts: a Sentinel that was cut off may name an old primary.
    """

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """The address of the primary.

        Raises:
            MasterNotFoundError: no Sentinel names one; its cause is the error of one that failed.
        """
        asked = [asyncio.create_task(_ask(one, service_name)) for one in self.sentinels]
        try:
            answers = await self._answers(asked, service_name)
        finally:
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        states = [one for one in answers if isinstance(one, dict)]
        if not states:
            problem = next((one for one in answers if isinstance(one, Exception)), None)
            raise MasterNotFoundError("no Sentinel names a primary") from problem
        newest = max(states, key=lambda state: int(state["config-epoch"]))
        return newest["ip"], newest["port"]

    async def _answers(self, asked: Sequence[asyncio.Task[State | Exception]], service: str) -> list[State | Exception]:
        """What the Sentinels say: all of them, or a majority, or those that answer shortly after the first."""
        answers, usable, waiting = list[State | Exception](), 0, set(asked)
        deadline: float | None = None
        while waiting and 2 * usable <= len(asked):
            left = None if deadline is None else deadline - asyncio.get_running_loop().time()
            done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            for answer in (one.result() for one in done):
                if isinstance(answer, dict) and not self.check_master_state(answer, service):
                    continue
                answers.append(answer)
                usable += isinstance(answer, dict)
            if usable and deadline is None:
                deadline = asyncio.get_running_loop().time() + _FURTHER_ANSWERS
        return answers


async def _ask(sentinel: Redis, service: str) -> State | Exception:
    try:
        state: State = await sentinel.execute_command("SENTINEL MASTER", service)  # type: ignore[no-untyped-call]
    except (RedisError, OSError) as error:
        return error
    return state
