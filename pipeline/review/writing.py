"""How a locale is written: what to call it, and from which side it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from babel import Locale, UnknownLocaleError

from pipeline.domain.locale_pack import LocalePack


@dataclass(frozen=True)
class Writing:
    """One locale as a page needs it: `tag` for `lang`, `direction` for `dir`, `name` for people."""

    tag: str
    name: str
    direction: Literal["ltr", "rtl", "auto"]


def writing_of(tag: str, pack_of: Callable[[str], LocalePack | None]) -> Writing:
    """The writing of a locale: its pack's word, else what CLDR knows, else left to the browser."""
    pack = pack_of(tag)
    if pack is not None:
        return Writing(tag, pack.name, pack.direction)
    try:
        known = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Writing(tag, tag, "auto")
    return Writing(tag, known.get_display_name("en") or tag, "rtl" if known.text_direction == "rtl" else "ltr")
