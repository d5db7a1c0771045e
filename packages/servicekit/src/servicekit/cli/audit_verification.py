"""What `audit verify` does and prints, for the trail and for exports."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from servicekit.audit.anchor_check import AnchorCheck
from servicekit.audit.anchor_keys import VerifyKeys
from servicekit.audit.anchor_log import anchors_in_file
from servicekit.audit.export_check import ExportFile
from servicekit.audit.hash_chain import ChainCheck, Findings, Verification
from servicekit.audit.trail import TrailEntry
from servicekit.journal.protocol import Journal


@dataclass(frozen=True, slots=True)
class Verifying:
    """How to verify.

    Attributes:
        keys: None leaves signatures unchecked, which is said.
        logs: files with anchors.
        chains: prefixes of the chains; empty for all.
        heads: print the last hash of each chain.
    """

    service: str
    keys: VerifyKeys | None
    logs: tuple[Path, ...]
    chains: tuple[str, ...] = ()
    heads: bool = False

    def anchors(self) -> AnchorCheck | None:
        """The anchors in the logs, which are read before the trail: what they name must be in it."""
        if self.keys is None or not self.logs:
            return None
        check = AnchorCheck(self.service, self.keys, self.chains)
        for log in self.logs:
            check.add(anchors_in_file(log))
        check.check_sequences(datetime.now(UTC))
        return check


async def verify_trail(open_journal: Callable[[], AbstractAsyncContextManager[Journal]], verifying: Verifying) -> int:
    """Verify the trail of a service. Returns the exit status: 1 if there is a problem."""
    anchors = verifying.anchors()
    async with open_journal() as journal:
        cuts = await journal.cuts()
        check = ChainCheck(cuts, verifying.keys)
        trail = _only(journal.trail(), verifying.chains)
        async for entry in anchors.checked(trail, cuts) if anchors is not None else trail:
            check.add(entry)
    found = [anchors.found] if anchors is not None else [_unknown("the end of a chain that was cut off")]
    return _report(check.result(), found, anchors, heads=verifying.heads)


async def verify_export(exports: tuple[Path, ...], verifying: Verifying) -> int:
    """Verify exports. Returns the exit status: 1 if there is a problem."""
    status = 0
    for path in exports:
        sys.stdout.write(f"{path}:\n")
        export = ExportFile(path, verifying.keys, verifying.service)
        check = ChainCheck(partial=True)
        anchors = verifying.anchors()
        trail = _only(export.entries(), verifying.chains)
        async for entry in anchors.compared(trail) if anchors is not None else trail:
            check.add(entry)
        export.check_manifest()
        found = [export.found, anchors.found if anchors is not None else _unknown("a chain that was rewritten before")]
        status |= _report(check.result(), found, anchors, heads=verifying.heads)
    return status


def _unknown(what: str) -> Findings:
    found = Findings()
    found.notes.append(f"without --anchors, deleted chains and {what} are not found")
    return found


async def _only(trail: AsyncIterator[TrailEntry], chains: tuple[str, ...]) -> AsyncIterator[TrailEntry]:
    async for entry in trail:
        if not chains or entry.chain.startswith(chains):
            yield entry


def _report(verdict: Verification, found: list[Findings], anchors: AnchorCheck | None, *, heads: bool) -> int:
    problems = [*verdict.problems, *(problem for one in found for problem in one.problems)]
    more = verdict.more + sum(one.more for one in found)
    lines = [f"BROKEN {problem}" for problem in problems]
    lines += [f"BROKEN and {more} more problems"] if more else []
    lines += [f"WARNING {warning}" for one in found for warning in one.warnings]
    lines += [f"note: {note}" for note in (*verdict.notes, *(note for one in found for note in one.notes))]
    lines += [f"head {chain} {head}" for chain, head in verdict.heads.items() if heads]
    count = len(problems) + more
    state = f"{count} problem{'s' * (count > 1)}" if count else "all unchanged"
    compared = anchors.summary if anchors is not None else None
    lines.append(
        f"{verdict.entries} entries in {len(verdict.heads)} chains, {state}.{f' {compared}' if compared else ''}"
    )
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if count else 0
