"""What a person agrees to: the whole call, with nothing in it that cannot be seen."""

from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from servicekit.core.errors import Refused
from servicekit.registry.preview import LONGEST, Preview, shown_text, whole_preview
from servicekit.registry.tools import write

EFFECT = Preview(effect="Two files are written.", version=1)


class File(BaseModel):
    path: str
    content: str | None = None
    executable: bool = False
    symlink: bool | None = None


class Result(BaseModel):
    name: str


def shown(**arguments: Any) -> dict[str, str]:
    return dict(whole_preview(EFFECT, arguments, {"quiet": False, "resolved": True, "labels": None}).shown)


def test_every_argument_is_shown_by_its_name() -> None:
    files = [File(path=f"f{number}", content=f"{number}") for number in range(30)]
    given = shown(files=[*files, File(path="run", executable=True)], number=7, draft=True, quiet=False, title=None)
    assert given["files[29].content"] == "29"
    assert (given["files[30].path"], given["files[30].executable"]) == ("run", "yes")
    assert (given["number"], given["draft"]) == ("7", "yes")
    assert given.keys().isdisjoint({"quiet", "title", "files[0].executable", "files[30].content"})


class Batch(Preview):
    in_own_words: ClassVar[frozenset[str]] = frozenset({"changes"})


def test_an_argument_that_a_preview_shows_in_its_own_words_is_not_repeated() -> None:
    batch = Batch(effect="Two records change.", version=1, shown={"A": "open → closed\u200b"})
    given = dict(whole_preview(batch, {"changes": [{"id": "A", "status": "closed"}], "notify": True}).shown)
    assert given == {"A": "open → closed⟦U+200B⟧", "notify": "yes"}
    assert list(whole_preview(batch, {"changes": [{"id": "A"}]}).shown) == ["A"]


def test_flag_that_is_off_is_shown_unless_by_default() -> None:
    files = [File(path="run", symlink=False)]
    given = shown(files=files, resolved=False, needed=False, labels=[], inputs={"force": False})
    assert (given["resolved"], given["needed"], given["labels"]) == ("no", "no", "(empty)")
    assert (given["files[0].symlink"], given["inputs.force"]) == ("no", "no")
    assert shown(quiet=False, labels=None, files=[File(path="x")]) == {"files[0].path": "x"}


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u2066", "\U000e0041", "\x07", "\x1b", "\u2028", "\xad"])
def test_what_cannot_be_seen_is_made_visible(hidden: str) -> None:
    mark = f"⟦U+{ord(hidden):04X}⟧"
    preview = Preview(effect=f"pay{hidden}pal", version=1, shown={f"a{hidden}": f"b{hidden}"})
    whole = whole_preview(preview, {"text": f"pay{hidden}pal", "files": [{"path": f"x{hidden}"}], f"k{hidden}": "v"})
    assert whole.effect == f"pay{mark}pal"
    assert whole.shown["text"] == f"pay{mark}pal"
    assert (whole.shown["files[0].path"], whole.shown[f"k{mark}"], whole.shown[f"a{mark}"]) == (
        f"x{mark}",
        "v",
        f"b{mark}",
    )
    assert hidden not in shown_text(whole)


def test_text_to_the_last_character_is_shown_or_refused() -> None:
    overhead = len(EFFECT.effect) + len("body")
    body = "x" * (LONGEST - overhead - 6) + "SECRET"
    assert shown(body=body)["body"] == body
    for arguments in ({"body": body + "!"}, {"body": "\u200b" * (LONGEST // 4)}, {"items": ["x" * 100] * 200}):
        with pytest.raises(Refused, match="Split it into several calls"):
            shown(**arguments)


def test_the_longest_reply_can_be_agreed_to() -> None:
    assert shown(body="\u4f60" * 10_000)


def test_lines_stay_apart_from_what_is_around_them() -> None:
    text = shown_text(whole_preview(EFFECT, {"body": "one\r\nid: T-2\n", "id": "T-1"}))
    assert text == "Two files are written.\nbody:\n> one\r\n> id: T-2\n> \nid: T-1"


def test_a_preview_cannot_rename_what_every_preview_has() -> None:
    class Coded(Preview):
        code: str

    async def burn() -> Result:
        """Burn."""
        return Result(name="")

    async def confirm() -> Coded:
        return Coded(effect="", version=1, code="")

    with pytest.raises(TypeError, match="rename code"):
        write(burn, scope="a", destructive=True, confirm=confirm)
