"""Which languages are mistaken for each other, as ISO 639 codes.

Short copy in one of a family is weak evidence against another; between twins it is none. Nothing here is
a verdict on a language: a wider family only makes the check more careful.
"""

from __future__ import annotations

_FAMILIES = tuple(
    frozenset(codes.split())
    for codes in (
        "da no nb nn sv fo",
        "nl af li fy",
        "de lb gsw nds",
        "cs sk",
        "pl csb szl dsb hsb",
        "hr sr bs sl cnr",
        "bg mk ru uk be",
        "es pt gl ca ast an oc ext",
        "it vec lij scn fur",
        "fr wa gcf gcr ht",
        "id ms jv su min",
        "hi mr ne sa gom mai bho",
        "ar arz ary apc aeb acm",
        "fa prs tg ckb",
        "tr az tk crh gag",
        "kk ky kaa tt ba",
        "fi et",
        "lv ltg",
        "zh yue wuu lzh ja",
        "bn as",
        "ga gd",
        "zu xh ss nr",
        "st tn nso",
        "en sco pcm jam",
    )
)

_TWINS = tuple(frozenset(codes.split()) for codes in ("hr sr bs cnr", "no nb nn", "id ms"))

_VARIETIES = tuple(
    frozenset(codes.split())
    for codes in ("zh yue wuu lzh", "ar arz ary apc aeb acm", "fa prs", "en sco pcm jam", "el grc", "he hbo")
)

NEVER_MEANT = frozenset(["la", "sa", "hbo", "grc", "lzh", "zxx"])
"""Classical languages, and no language at all: copy is never written in them by mistake."""


def are_kin(one: str, other: str) -> bool:
    """Whether two languages share a family: their copy is told apart, with care."""
    return one == other or other in _KIN.get(one, ())


def are_twins(one: str, other: str) -> bool:
    """Whether two languages are so close that a line of one can never be refused as the other."""
    return one == other or other in _TWIN.get(one, ()) or are_varieties(one, other)


def are_varieties(one: str, other: str) -> bool:
    """Whether copy in one passes as copy in the other: a written standard and its spoken varieties."""
    return one == other or other in _VARIETY.get(one, ())


def _members(groups: tuple[frozenset[str], ...]) -> dict[str, frozenset[str]]:
    """The groups by their members."""
    return {code: group for group in groups for code in group}


_KIN, _TWIN, _VARIETY = _members(_FAMILIES), _members(_TWINS), _members(_VARIETIES)
