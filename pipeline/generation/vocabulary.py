"""From a locale's pack and a unit to what its copy can be written with."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from pipeline.domain.brand import Brand, TermRule
from pipeline.domain.draft import Unit
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.vocabulary import Vocabulary

_SCRIPTS = {
    "Jpan": ("Hira", "Kana", "Hani"),
    "Kore": ("Hang",),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
}
"""Codes that stand for several scripts, or for a way to write one."""

_KEPT = regex.compile(r"\S*(?:\p{Lu}|[^\p{L}\p{M}\s.,;:!?…“”„«»\"'’–—-])\S*")
"""A word of the source that copy may keep as it is: a name, an address, a price, a placeholder."""


def copy_vocabulary(unit: Unit, pack: LocalePack) -> Vocabulary | None:
    """What the copy of a unit can be written with; None where the locale holds models to nothing."""
    if pack.whole_vocabulary:
        return None
    return Vocabulary(
        language=pack.tag.split("-", maxsplit=1)[0],
        scripts=_SCRIPTS.get(pack.script, (pack.script,)),
        texts=tuple(pair.target for pair in pack.pairs),
        phrases=tuple(dict.fromkeys((*_names(unit.brand, unit.locale), *_KEPT.findall(unit.segment.source)))),
    )


def _names(brand: Brand, locale: str) -> Iterator[str]:
    yield brand.name
    for term in brand.terms:
        if term.rule is TermRule.FORBIDDEN:
            continue
        yield term.source
        yield from term.forms.get(locale) or term.forms.get(locale.split("-", maxsplit=1)[0]) or ()
