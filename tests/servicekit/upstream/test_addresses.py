"""Addresses of an upstream: no argument and no redirect leaves them."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from servicekit.core.errors import Refused
from servicekit.upstream.http.url import ENDING_SLASH, Origin, Repeated, UpstreamUrl


@given(st.lists(st.text(min_size=1, max_size=30) | st.integers(), max_size=5), st.text(max_size=30))
def test_whatever_a_segment_holds_it_stays_one_segment(segments: list[str | int], value: str) -> None:
    try:
        url = Origin("https://api.example/v3/").url(segments, {"q": value, "none": None})
    except (Refused, UnicodeEncodeError):
        unfit = [text for text in map(str, segments) if text in (".", "..") or not text.isprintable()]
        assert unfit or any(0xD800 <= ord(letter) <= 0xDFFF for letter in value)
        return
    path, _, query = url.removeprefix("https://api.example/v3").partition("?")
    assert [unquote(part) for part in path.split("/")[1:]] == [str(segment) for segment in segments]
    assert unquote(query) == f"q={value}"
    assert "#" not in url
    assert url.isascii()


@pytest.mark.parametrize("segment", ["", ".", "..", "x" * 1025, "\ud800"])
def test_a_segment_that_cannot_be_held_together_is_refused(segment: str) -> None:
    with pytest.raises(Refused):
        Origin("https://api.example").url(["repos", segment])


def test_what_no_url_can_carry_is_refused() -> None:
    with pytest.raises(Refused, match="too long for one URL"):
        Origin("https://api.example").url(["search"], {"q": "x" * 70_000})


def test_lists_are_joined_or_repeated() -> None:
    origin = Origin("https://api.example/v3")
    assert origin.url(["pets"], {"tag": ["a", "b&c"]}) == "https://api.example/v3/pets?tag=a%2Cb%26c"
    assert origin.url(["pets"], {"tag": Repeated(["a", "b&c"])}) == "https://api.example/v3/pets?tag=a&tag=b%26c"
    assert origin.url(["pets"], {"tag": Repeated([])}) == "https://api.example/v3/pets"


def test_a_path_ends_with_a_slash_on_request_only() -> None:
    origin = Origin("https://api.example/v3")
    assert origin.url(["pets", ENDING_SLASH], {"a": 1}) == "https://api.example/v3/pets/?a=1"
    for segments in (["pets", ""], ["pets", ENDING_SLASH, "x"]):
        with pytest.raises(Refused, match="is empty"):
            origin.url(segments)


@pytest.mark.parametrize(
    "url", ["api.example", "ftp://api.example", "https://", "https://a@b", "https://a?b=c", "https://a#b"]
)
def test_a_base_url_is_an_origin_and_a_path(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Origin(url)


@pytest.mark.parametrize(
    ("url", "fit"),
    [
        ("https://api.example/v3", True),
        ("http://127.0.0.1:8142", True),
        ("http://api.example", False),
        ("https://api.example/?key=x", False),
        ("gopher://api.example", False),
    ],
)
def test_an_upstream_url_must_be_https_or_loopback(url: str, fit: bool) -> None:
    if fit:
        assert TypeAdapter(UpstreamUrl).validate_python(url) == url
        return
    with pytest.raises(ValidationError):
        TypeAdapter(UpstreamUrl).validate_python(url)


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("/repositories/1", ("https://api.example/repositories/1", True)),
        ("https://api.example:443/x", ("https://api.example:443/x", True)),
        ("https://logs.blob.example/x?sig=1", ("https://logs.blob.example/x?sig=1", False)),
        ("https://blob.example/x", None),
        ("https://logs.blob.example:8443/x", None),
        ("http://api.example/x", None),
        ("https://api.example.evil.example/x", None),
        ("https://api.example@evil.example/x", None),
        ("https://evil-blob.example/", None),
        ("https://[::1", None),
        ("https://api.example:99999/", None),
        ("javascript:alert(1)", None),
        ("//evil.example", None),
        ("\\\\evil.example/x", ("https://api.example/v3/\\\\evil.example/x", True)),
        ("https://api.example\\@evil.example/", None),
        ("https://\u212aube.blob.example/", None),
        ("https://evil.example\u3002blob.example/", None),
        ("/a\x7fb", None),
        ("/" + "a" * 70_000, None),
    ],
)
def test_redirects_lead_where_the_operator_said(location: str, leads: tuple[str, bool] | None) -> None:
    address = Origin("https://api.example/v3", redirect_hosts=["*.blob.example"])
    assert address.redirected("https://api.example/v3/logs", location) == leads
