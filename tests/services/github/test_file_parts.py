"""Large files are read in parts, by lines or bytes; no part needs the whole file in memory."""

import base64
from typing import Any

import pytest

from github_mcp.models.excerpts import BUDGET
from github_mcp.models.files.file_ranges import BytesOf, LinesOf
from github_mcp.models.files.text_files import text_file
from tests.fixtures.calls import call, refusal

from .scene import SITE, Hub, plain
from .website import Site

LINE = b"%08d,a line of the table\n"
LINES = 1_000_000
SIZE = LINES * len(LINE % 0)


@pytest.fixture(scope="module")
def table() -> bytes:
    """A text of 32 MB."""
    return b"".join(LINE % number for number in range(1, LINES + 1))


def lines(first: int, last: int) -> str:
    return "".join((LINE % number).decode() for number in range(first, last + 1))


async def test_large_file_is_read_by_lines(site: Site, hub: Hub, table: bytes) -> None:
    site.put("table.csv", table)
    hub.simulator.request_log.clear()
    part = await site.read("table.csv", from_line=600_000, to_line=600_002)
    assert plain(part["text"]) == lines(600_000, 600_002)
    assert (part["type"], part["size"], part["first_line"], part["last_line"]) == ("file", SIZE, 600_000, 600_002)
    assert not {"total_lines", "notice", "whole"} & part.keys()
    assert hub.requests("GET", "*/git/blobs/*") == 1
    start = await site.read("table.csv")
    assert plain(start["text"]) == lines(1, start["last_line"])
    assert (
        start["notice"] == f"[cut: lines 1 to {start['last_line']}; continue with from_line={start['last_line'] + 1}]"
    )
    end = await site.read("table.csv", from_line=LINES - 1)
    assert (plain(end["text"]), end["total_lines"]) == (lines(LINES - 1, LINES), LINES)
    beyond = await site.read("table.csv", from_line=LINES + 1)
    assert beyond["notice"] == f"[from_line is too large: the text has {LINES} lines]"


def test_lines_before_the_part_are_counted_by_the_piece() -> None:
    """100 MB of line breaks took half a minute of the server, counted one by one."""

    class Piece(bytes):
        searched = 0

        def find(self, *asked: Any) -> int:
            Piece.searched += 1
            return super().find(*asked)

    lines = LinesOf(3_501, 3_501)
    for _ in range(4):
        assert lines.feed(Piece(b"\n" * 1000)) is (lines.size < 3_501)
    assert Piece.searched <= 1000, "in the last piece only"
    assert lines.offset == 3_500


async def test_large_file_is_read_by_bytes(site: Site, table: bytes) -> None:
    site.put("table.csv", table)
    part = await site.read("table.csv", bytes="20000000-20000099")
    assert plain(part["text"]).encode() == table[20_000_000:20_000_100]
    assert (part["first_byte"], part["last_byte"]) == (20_000_000, 20_000_099)
    end = await site.read("table.csv", bytes="-10")
    assert (plain(end["text"]).encode(), end["last_byte"]) == (table[-10:], SIZE - 1)
    assert "beyond the end" in (await site.read("table.csv", bytes=f"{SIZE}-"))["notice"]


async def test_binary_file_is_read_by_bytes(site: Site) -> None:
    content = bytes(range(256)) * 40_000
    site.put("data.bin", content)
    whole = await site.read("data.bin")
    assert (whole["type"], whole["size"]) == ("binary", len(content))
    assert whole["notice"] == "No text that can be shown. Read its bytes with bytes=0-24575."
    read, position = b"", 9_900_000
    while position < len(content):
        part = await site.read("data.bin", bytes=f"bytes={position}-")
        assert part["first_byte"] == position
        read += base64.b64decode(plain(part["base64"]))
        position = part["last_byte"] + 1
    assert read == content[9_900_000:]
    assert (
        "bytes 0 to 24575 of 10240000; continue with bytes=24576-49151]"
        in (await site.read("data.bin", bytes="0-99999999"))["notice"]
    )


async def test_rest_of_a_line_too_long_to_show_is_read_by_bytes(site: Site) -> None:
    content = "x = '" + "é" * 300_000 + "'\n"
    site.put("bundle.js", content.encode())
    part = await site.read("bundle.js")
    text = plain(part["text"])
    assert part["notice"].startswith(
        "[cut: the beginning of line 1 of 1, which is too long to show; continue with bytes="
    )
    position = len(text.encode())
    while position < len(content.encode()):
        part = await site.read("bundle.js", bytes=f"{position}-")
        assert part["first_byte"] == position
        text += plain(part["text"])
        position = part["last_byte"] + 1
    assert text == content


async def test_range_in_the_middle_of_a_character_begins_at_the_next(site: Site) -> None:
    site.put("accents.txt", "éàü".encode())
    part = await site.read("accents.txt", bytes="1-4")
    assert (plain(part["text"]), part["first_byte"], part["last_byte"]) == ("à", 2, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"bytes": "9-3"}, "ends before it begins"),
        ({"bytes": "all"}, "0-1023"),
        ({"bytes": "0-9", "to_line": 3}, "`bytes` alone"),
        ({"from_line": 5, "to_line": 3}, "a line after from_line"),
    ],
)
async def test_ranges_that_make_no_sense_are_refused(site: Site, arguments: dict[str, Any], words: str) -> None:
    assert words in await refusal(site.client, "get_file_contents", path="README.md", **arguments, **SITE)


async def test_lines_of_a_small_file(site: Site) -> None:
    site.put("f", b"one\r\ntwo\nthree")
    part = await site.read("f", from_line=2, to_line=2)
    assert (plain(part["text"]), part["first_line"], part["last_line"], part["total_lines"]) == ("two\n", 2, 2, 3)
    assert "[cut" not in part["notice"]
    assert plain((await site.read("f", to_line=99))["text"]) == "one\r\ntwo\nthree"
    assert "too large: the text has 3 lines" in (await site.read("f", from_line=7, to_line=9))["notice"]


async def test_file_beyond_githubs_limit_says_what_to_do(site: Site) -> None:
    site.put("disk.img", bytes(100 * 1024 * 1024 + 1))
    words = await refusal(site.client, "get_file_contents", path="disk.img", **SITE)
    assert "disk.img in acme/website at main: it is too large" in words
    assert words.endswith("Clone the repository with git to read it: the API returns up to 100 MB.")


async def test_large_file_as_a_resource_is_refused(site: Site) -> None:
    site.put("large.txt", b"x" * 9_000_000)
    with pytest.raises(Exception, match="Read parts of it with get_file_contents, by from_line or bytes"):
        await site.client.read_resource("repo://acme/website/main/contents/large.txt")


@pytest.mark.parametrize("step", [1, 7, 4096])
@pytest.mark.parametrize(
    "content", [b"", b"a", b"a\nb\n", b"\n\n\nx", "é\nü\n".encode() * 3000, b"x" * 50_000 + b"\nz"]
)
def test_pieces_of_any_size_give_the_same_lines(content: bytes, step: int) -> None:
    text = content.decode()
    total = text.count("\n") + (not text.endswith("\n") and text != "")
    for first in (1, 2, 4, 5999, 7000):
        taken = LinesOf(first, None)
        is_more = True
        for at in range(0, len(content), step):
            if not (is_more := taken.feed(content[at : at + step])):
                break
        form = taken.form()
        assert form is not None
        _, part = taken.part(form, is_ended=is_more)
        expected = "".join(text.splitlines(keepends=True)[first - 1 :])
        assert expected.startswith(part.text)
        assert part.text or not expected
        assert part.is_open or part.total == total
        assert len(taken._kept) < BUDGET + 5


@pytest.mark.parametrize("step", [1, 7, 4096])
def test_pieces_of_any_size_give_the_same_bytes(step: int) -> None:
    content = bytes(number % 251 for number in range(30_000))
    for first, last in ((0, 0), (0, 9999), (8191, 8193), (29_999, 40_000), (5, 29_999), (40_000, 50_000)):
        taken = BytesOf(first, last)
        for at in range(0, len(content), step):
            if not taken.feed(content[at : at + step]):
                break
        assert taken.kept == content[first : last + 1][: 24 * 1024]


TEXT = "Größe\r\nNaïve\r\n"
ENCODED = {
    "latin": TEXT.encode("latin-1"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16 big": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "windows": "“Größe” – 5 €\r\nNaïve\r\n".encode("cp1252"),
    "shift jis": "サイズ Naïve".encode("shift_jis", errors="replace"),
    "all bytes": bytes(range(0x80, 0x100)) + b"\r\nNa\xefve",
    "utf-8 with a mark": b"\xef\xbb\xbf" + TEXT.encode(),
}


@pytest.mark.parametrize("name", ENCODED)
async def test_edit_keeps_the_encoding_and_every_other_byte(site: Site, name: str) -> None:
    before = ENCODED[name]
    site.put("f.txt", before)
    read = await site.read("f.txt")
    text = plain(read["text"])
    assert read["type"] == "file"
    assert ("mark" if name.startswith("utf-8") else "UTF-16" if name.startswith("utf-16") else "Windows-1252") in read[
        "notice"
    ]
    await site.commit({"path": "f.txt", "edits": [{"old": "Na", "new": "na"}]})
    form = text_file(before)
    assert form is not None
    after = site.file("f.txt")[1]
    assert after == form.mark + form.encoded(form.text.replace("Na", "na"))
    assert len(after) == len(before)
    await site.commit({"path": "f.txt", "content": text})
    assert site.file("f.txt")[1] == before


async def test_character_that_the_encoding_lacks(site: Site) -> None:
    site.put("f.txt", ENCODED["latin"])
    edit = {"path": "f.txt", "edits": [{"old": "Gr", "new": "日"}]}
    assert "and U+65E5 is not in that encoding. Nothing was written." in await site.refused(edit)
    made = await site.commit({"path": "f.txt", "content": "日\n"})
    assert "written as UTF-8: it was not UTF-8, read as Windows-1252, which lacks U+65E5" in made["notice"]
    assert site.file("f.txt")[1] == "日\r\n".encode()


async def test_file_of_control_characters_is_binary(site: Site) -> None:
    for content in (b"\xff\x01\x02", b"\x89PNG\r\n\x1a\n\0", b"\xff\xfe\0\0a\0\0\0", b"\xff\xfea"):
        site.put("b", content)
        assert (await call(site.client, "get_file_contents", path="b", **SITE))["type"] == "binary"
