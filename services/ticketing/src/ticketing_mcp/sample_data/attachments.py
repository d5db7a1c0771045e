"""Files that come with the first messages of some tickets: small, made here, and valid."""

import struct
import zlib
from hashlib import sha256
from typing import NamedTuple

from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row
from ticketing_mcp.sample_data.plan import Plan
from ticketing_mcp.sample_data.vocabulary import PROGRAMS


class Files(NamedTuple):
    """Rows of the attachments of a ticket, and of their contents."""

    attachments: list[Row]
    contents: list[Row]

    @property
    def size(self) -> int:
        """Bytes of all contents."""
        return sum(len(row[3]) for row in self.contents)


def files_of(plan: Plan, index: int, key: tuple[str, int], requester_id: str) -> Files:
    """The attachments of one ticket; most have none."""
    draws = Draws(plan.seed, "attachments", index)
    if not draws.chance(60):
        return Files([], [])
    at = plan.moment_of(index, draws.below(1 << 32))
    name, media_type, content = draws.pick(
        (
            ("screenshot.png", "image/png", _png(draws.below(256))),
            ("error.log", "text/plain", _log(draws)),
            ("letter.pdf", "application/pdf", _pdf(draws.pick(PROGRAMS))),
        )
    )
    digest = sha256(content).hexdigest()
    row = (*key, 1, 0, name, media_type, len(content), digest, "requester", requester_id, at)
    return Files([row], [(*key, 1, content)])


def _png(shade: int) -> bytes:
    """A grey square of 8 by 8 points (PNG, RFC 2083)."""
    points = b"".join(b"\0" + bytes([shade] * 8) for _ in range(8))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    parts = (("IHDR", header), ("IDAT", zlib.compress(points)), ("IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind.encode(), data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _log(draws: Draws) -> bytes:
    program = draws.pick(PROGRAMS)
    lines = [f"2026-01-02 09:{draws.below(60):02}:00 {program} ERROR E-{draws.between(1000, 9999)}" for _ in range(2)]
    return "\n".join(lines).encode()


def _pdf(text: str) -> bytes:
    """One page with a line of text."""
    drawn = f"BT /F1 24 Tf 20 100 Td ({text}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    document, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 6\n0000000000 65535 f \n%btrailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return document + head % (table, len(document))
