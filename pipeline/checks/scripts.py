"""Which scripts the letters of a text belong to."""

from __future__ import annotations

from collections import Counter

import regex

_NAMED = [
    "Latn",
    "Cyrl",
    "Arab",
    "Deva",
    "Hani",
    "Hira",
    "Kana",
    "Hang",
    "Grek",
    "Hebr",
    "Thai",
    "Beng",
    "Taml",
    "Telu",
    "Gujr",
    "Guru",
    "Knda",
    "Mlym",
    "Orya",
    "Sinh",
    "Armn",
    "Geor",
    "Laoo",
    "Khmr",
    "Mymr",
    "Ethi",
    "Mong",
    "Tibt",
    "Thaa",
    "Bopo",
    "Cher",
    "Cans",
    "Tfng",
    "Nkoo",
    "Olck",
    "Adlm",
    "Mtei",
    "Syrc",
    "Java",
    "Bali",
]

OTHER = "Zzzz"
"""Stands for every script without a name here."""

_RUNS = regex.compile(
    "|".join(rf"(?P<{code}>[\p{{Script={code}}}&&\p{{L}}]+)" for code in _NAMED)
    + rf"|(?P<{OTHER}>[\p{{L}}--[\p{{Script=Zyyy}}\p{{Script=Zinh}}]]+)",
    regex.VERSION1,
)


def count_scripts(text: str) -> Counter[str]:
    """Letters by script (ISO 15924); letters that all scripts share, such as the kana length mark, are left out."""
    counts: Counter[str] = Counter()
    for run in _RUNS.finditer(text):
        counts[str(run.lastgroup)] += len(run.group())
    return counts
