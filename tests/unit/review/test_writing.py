"""Every locale is written in its own direction, with or without a pack."""

from __future__ import annotations

import pytest

from pipeline.resources.library import Library, shipped_folder
from pipeline.review.writing import Writing, writing_of


def test_the_word_of_the_pack_counts() -> None:
    """The region knows how it writes."""
    library = Library((shipped_folder(),))

    assert Writing("ar-AE", "Arabic (United Arab Emirates)", "rtl") == writing_of("ar-AE", library.find_locale)


@pytest.mark.parametrize(
    ("tag", "direction"),
    [("he-IL", "rtl"), ("fa-IR", "rtl"), ("pa-Arab-PK", "rtl"), ("pa-Guru-IN", "ltr"), ("sw-KE", "ltr")],
)
def test_without_a_pack_the_direction_is_that_of_the_script(tag: str, direction: str) -> None:
    """Unicode's locale data knows it."""
    assert direction == writing_of(tag, lambda _tag: None).direction


@pytest.mark.parametrize("tag", ["qqq-ZZ", ""])
def test_a_locale_that_nobody_knows_is_left_to_the_browser(tag: str) -> None:
    """`auto` goes by the first strong letter."""
    assert Writing(tag, tag, "auto") == writing_of(tag, lambda _tag: None)
