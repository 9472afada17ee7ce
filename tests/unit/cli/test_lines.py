"""The input lines of check and score."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.lines import CopyLine, canonical_tag, in_batches


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [
        ("de-DE", "de-DE"),
        ("DE", "de"),
        ("zh_hans_cn", "zh-Hans-CN"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("es-419", "es-419"),
        ("kaa", "kaa"),
        ("sl-ROZAJ-biske", "sl-rozaj-biske"),
        ("en-US-X-Private", "en-US-x-private"),
        ("zh-CMN-hans-cn", "zh-cmn-Hans-CN"),
    ],
)
def test_a_tag_is_brought_into_its_usual_case(tag: str, canonical: str) -> None:
    """Language small, script in title case, region in capitals, private use small; and it stays so."""
    assert canonical_tag(tag) == canonical
    assert canonical_tag(canonical) == canonical


@pytest.mark.parametrize("tag", ["", "d", "german", "../etc", "de DE", "de-", "de--DE", "d\u00e9", "de-\u00c9", "de\n"])
def test_anything_else_is_no_tag(tag: str) -> None:
    """What is no tag is refused in words, not in a pattern."""
    with pytest.raises(ValueError, match="it must be a locale tag such as de-DE"):
        CopyLine(id=1, locale=tag, text="a")


@given(st.lists(st.integers(), max_size=50), st.integers(1, 10))
def test_batches_are_the_lines_in_their_order(lines: list[int], size: int) -> None:
    """Every line is in one batch, none is larger than asked, and only the last may be smaller."""
    batches = list(in_batches(iter(lines), size))
    assert [line for batch in batches for line in batch] == lines
    assert all(len(batch) == size for batch in batches[:-1])
    assert all(batches)
