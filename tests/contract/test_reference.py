"""Tables, `.env.example` and pages are generated; what is on file is what would be generated now."""

import pytest

from devkit.reference.generated_files import outdated, replace_part
from devkit.settings import WORKSPACE


def test_generated_texts_are_up_to_date() -> None:
    assert not [str(path.relative_to(WORKSPACE)) for path in outdated(WORKSPACE)], "Run `make reference`."


def test_a_page_without_its_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="tools"):
        replace_part("# Orders", "tools", "| table |")


def test_only_what_is_between_the_marks_changes() -> None:
    page = "before\n<!-- tools -->\nold\n<!-- /tools -->\nafter\n"
    assert replace_part(page, "tools", "new") == "before\n<!-- tools -->\nnew\n<!-- /tools -->\nafter\n"
