"""Connections cut at COMMIT, in both directions: one effect after a retry, and a caller who knows what is unknown."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from tests.system.e2e.commit_proxy import CommitProxy, Moment
from tests.system.load.wire import text_of

from .fleet import Fleet, Server
from .report import REPORT, Suite
from .sizes import share
from .writes import WITH_DATABASE, Write, Writes, code_in, counting, effects, is_done, is_replayed, perform

ROUNDS = share(0.0001, least=2)
"""Rounds over all write tools and both directions."""
_HONEST = re.compile(r"Nothing was changed|Nothing was done")


class Cuts:
    """A server whose writes go through a proxy that cuts connections."""

    def __init__(self, server: Server, proxy: CommitProxy, connection: asyncpg.Connection, suite: Suite) -> None:
        self.server, self.proxy, self.connection, self.suite = server, proxy, connection, suite
        self.wire = server.wire()
        self.outcomes = Counter[str]()

    async def cut(self, write: Write, moment: Moment, expected: int) -> bool:
        """Cut one write, then retry it; whether the cut hit its COMMIT, and not one of another transaction."""
        asked, before = write.keyed(), await effects(self.server, self.connection)
        call = await self._prepared(write, asked)
        self.proxy.arm(moment, skip=1 if write.confirmed else 0)  # the code is looked up first
        _, message = await call()
        self.proxy.arm("never")
        text, done = text_of(message), is_done(message)
        there = await effects(self.server, self.connection) - before
        hit = not done and "unknown" in text
        story = f"{write.tool} cut {moment} COMMIT"
        if hit:
            wanted = expected if moment == "after" else 0
            self.suite.check(there == wanted, f"{story}: {there} rows", asked)
        else:
            honest = there == expected if done else there == 0 and _HONEST.search(text) is not None
            self.suite.check(honest, f"{story}: {there} rows", text)
        self.outcomes[f"{moment}: {'done' if done else text[:40]}"] += 1
        retried = await perform(self.wire, write, asked)
        self.suite.check(is_done(retried), f"{story}: the retry failed", text_of(retried))
        self.suite.check(is_replayed(retried) is (there > 0), f"{story}: replayed wrongly", retried)
        await call()
        added = await effects(self.server, self.connection) - before
        self.suite.check(added == expected, f"{story}: {added} rows instead of {expected} after retries", asked)
        return hit

    async def _prepared(self, write: Write, asked: dict[str, Any]) -> Any:
        """The call that has the effect: of the tool, or of the confirmation."""
        if not write.confirmed:
            return lambda: self.wire.call(write.tool, asked)
        _, preview = await self.wire.call(write.tool, asked)
        code = {"code": code_in(preview)}
        return lambda: self.wire.call(f"{self.server.name}_confirm_action", code)


@pytest.fixture(params=WITH_DATABASE)
def cut_server(request: pytest.FixtureRequest, fleet: Fleet) -> Iterator[tuple[Server, CommitProxy]]:
    """Each server that owns a database, with the proxy between it and the database it writes to."""
    port = fleet.postgres_url.rsplit(":", 1)[1]
    proxy = CommitProxy(int(port), lambda: None)
    urls = fleet.database(request.param)
    server = fleet.start(request.param, writer_url=urls.writer.replace(f":{port}", f":{proxy.port}"))
    yield server, proxy
    server.victim.kill()
    proxy.close()


async def _all_writes(cuts: Cuts, suite: Suite) -> None:
    records = Writes(cuts.server, cuts.wire, cuts.connection)
    expected, missed = dict[str, int](), Counter[str]()
    for write in await records.of_each_tool():
        before = await effects(cuts.server, cuts.connection)
        assert is_done(await perform(cuts.wire, write, write.keyed()))
        expected[write.tool] = await effects(cuts.server, cuts.connection) - before
    moments: tuple[Moment, ...] = ("before", "after")
    for _ in range(ROUNDS):
        for moment in moments:
            for write in await records.of_each_tool():
                missed[write.tool] += not await cuts.cut(write, moment, expected[write.tool])
    cuts.wire.cut()
    never = [tool for tool, count in missed.items() if count == 2 * ROUNDS]
    suite.check(not never, f"no cut hit {never}")
    suite.notes.append(f"{cuts.server.name}: {dict(cuts.outcomes)}")


@pytest.mark.slow
async def test_a_write_cut_at_commit_happens_once(cut_server: tuple[Server, CommitProxy]) -> None:
    server, proxy = cut_server
    with REPORT.suite("commit_faults") as suite:
        async with counting(server) as connection:
            await _all_writes(Cuts(server, proxy, connection, suite), suite)
