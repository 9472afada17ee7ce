"""Where prose ends and machinery begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.protected import find_addresses, without_protected


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Go to https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        ("(see https://a.example/tap)", ["https://a.example/tap"]),
        ("https://en.example/wiki/Water_(cold)", ["https://en.example/wiki/Water_(cold)"]),
        ("詳しくはhttps://a.exampleをご覧", ["https://a.example"]),
        ("a.com, b.org/x and c@d.net", ["a.com", "b.org/x", "c@d.net"]),
        ("End.Start of v1.2 at 3.5", []),
    ],
)
def test_an_address_ends_before_the_marks_of_its_sentence(text: str, addresses: list[str]) -> None:
    assert [address for address, _ in find_addresses(text)] == addresses


@given(text=st.text())
def test_blanking_moves_no_character(text: str) -> None:
    prose = without_protected(text)
    assert len(prose) == len(text)
    assert all(left in (right, " ") for left, right in zip(prose, text, strict=True))


@given(text=st.text(st.sampled_from("ah.:/w()@com ?"), max_size=60))
def test_an_address_is_found_where_it_stands(text: str) -> None:
    for address, start in find_addresses(text):
        assert text[start : start + len(address)] == address
