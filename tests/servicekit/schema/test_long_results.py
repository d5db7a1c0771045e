"""Results with long texts from outside are serialised in a thread, and cut before their fence is closed."""

import threading
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, field_serializer

from servicekit.core.off_loop import LARGE
from servicekit.schema import Page, Untrusted
from servicekit.schema.results import OutputSchema

Text = Annotated[str, Untrusted("user")]


class Comment(BaseModel):
    text: Text


class Thread(BaseModel):
    title: Text
    comments: list[Comment] = []
    lines: tuple[Text, ...] = ()
    last: Comment | None = None
    worked_in: str = ""

    @field_serializer("worked_in")
    def _where(self, _: str) -> str:
        return threading.current_thread().name


LONG = "x" * (LARGE // 2)


@pytest.mark.parametrize(
    ("thread", "is_long"),
    [
        (Thread(title="short"), False),
        (Thread(title=LONG * 2), True),
        (Thread(title="t", comments=[Comment(text=LONG), Comment(text=LONG)]), True),
        (Thread(title="t", lines=(LONG, LONG)), True),
        (Thread(title=LONG, last=Comment(text=LONG)), True),
        (Thread(title=LONG), False),
    ],
)
async def test_long_texts_are_serialised_in_a_thread(thread: Thread, *, is_long: bool) -> None:
    budget = 2**20
    whole = await OutputSchema(Thread, budget).rendered(thread)
    page = await OutputSchema(Page[Thread], budget).rendered(Page([thread], 1, key=lambda _: (1,)))
    assert whole.structured is not None
    assert page.structured is not None
    for found in (whole.structured, page.structured["items"][0]):
        assert found["worked_in"].startswith("long-work") is is_long


@pytest.mark.parametrize("kind", [Text, Text | bytes])
def test_cut_text_keeps_its_fence_whole(kind: Any) -> None:
    output = OutputSchema(kind, 100)
    result = output.render("line\n" * 100)
    assert result.cut
    assert result.text.startswith('<user_content source="user">line\n')
    assert result.text.endswith("line</user_content>")
    assert len(result.text) <= 100
    assert output.render("a\u200b").text == '<user_content source="user">a⟦U+200B⟧</user_content>'
    assert output.plain_type in (str, str | bytes)
