"""Lists come in pages, by number or with cursors."""

import httpx2
import pytest


@pytest.mark.parametrize("size", [1, 4, 100])
def test_lists_page_by_cursor_and_by_number(zendesk: httpx2.Client, size: int) -> None:
    everything = [one["id"] for one in zendesk.get("/tickets").json()["tickets"]]
    for parameters, follow in (
        ({"page[size]": size}, lambda page: page["links"]["next"] if page["meta"]["has_more"] else None),
        ({"per_page": size}, lambda page: page["next_page"]),
    ):
        page = zendesk.get("/tickets", params=parameters).json()
        numbers = [one["id"] for one in page["tickets"]]
        while (link := follow(page)) is not None:
            page = zendesk.get(link).json()
            numbers += [one["id"] for one in page["tickets"]]
        assert numbers == everything


def test_pages_beyond_the_limits_are_refused(zendesk: httpx2.Client) -> None:
    for parameters in ({"page": 101}, {"page": "x"}, {"page[size]": 101}, {"page[size]": 1, "page[after]": "?"}):
        assert zendesk.get("/tickets", params=parameters).status_code == 400, parameters
    assert zendesk.get("/tickets/show_many", params={"ids": ",".join(["1"] * 101)}).json()["error"] == "TooManyValues"


def test_cursor_leads_back(zendesk: httpx2.Client) -> None:
    first = zendesk.get("/tickets", params={"page[size]": 3}).json()
    second = zendesk.get(first["links"]["next"]).json()
    assert zendesk.get(second["links"]["prev"]).json()["tickets"] == first["tickets"]
    assert first["links"]["prev"] is None
