"""What a BCP 47 tag says about writing, after CLDR's likely subtags."""

from __future__ import annotations

from functools import lru_cache

import regex
from babel.core import get_global

_SCRIPT_SUBTAG = regex.compile(r"[-_]([A-Za-z]{4})(?=[-_]|$)")
_REGION_SUBTAG = regex.compile(r"[-_]([A-Za-z]{2}|\d{3})(?=[-_]|$)")
_RENAMED = {"iw": "he", "in": "id", "ji": "yi", "tl": "fil", "jw": "jv", "mo": "ro"}

_MEMBERS = {
    "Jpan": {"Hira", "Kana", "Hani"},
    "Kore": {"Hang", "Hani"},
    "Hans": {"Hani"},
    "Hant": {"Hani"},
    "Hanb": {"Hani", "Bopo"},
    "Hrkt": {"Hira", "Kana"},
}
"""Writing systems that ISO 15924 names as one and Unicode counts as several scripts."""

_SPACELESS = frozenset({"Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})

_JOINING = frozenset({"Arab", "Hebr", "Syrc"})


def language_of(tag: str) -> str:
    """The language subtag in its present form: `iw-IL` gives `he`."""
    code = regex.split(r"[-_]", tag.strip(), maxsplit=1)[0].lower()
    return _RENAMED.get(code, code)


@lru_cache(maxsize=1_024)
def scripts_of(tag: str, script: str | None = None) -> frozenset[str]:
    """The Unicode scripts that copy of a tag is written in; `script` overrules; empty when CLDR has none."""
    written = script or _script_subtag(tag) or _likely_script(tag)
    return frozenset(_MEMBERS.get(written, {written})) if written else frozenset()


def writes_without_spaces(scripts: frozenset[str]) -> bool:
    """True when every one of the scripts runs words together; Korean, with its spaces, does not."""
    return bool(scripts) and scripts <= _SPACELESS


def joins_words(scripts: frozenset[str]) -> bool:
    """True when a language of these scripts writes short words as letters joined to the next one."""
    return bool(scripts & _JOINING)


def _script_subtag(tag: str) -> str | None:
    found = _SCRIPT_SUBTAG.search(tag)
    return found.group(1).title() if found else None


def _likely_script(tag: str) -> str | None:
    language, likely = language_of(tag), get_global("likely_subtags")
    region = _REGION_SUBTAG.search(tag)
    full = (region and likely.get(f"{language}_{region.group(1).upper()}")) or likely.get(language, "")
    return _script_subtag(str(full).replace("_", "-"))


@lru_cache(maxsize=1_024)
def scripts_in_use(language: str) -> frozenset[str]:
    """Every script that a language is written in, in one region or another, after CLDR."""
    likely = get_global("likely_subtags")
    tags = (full for tag, full in likely.items() if tag.split("_")[0] == language and not _script_subtag(tag))
    return frozenset().union(*(scripts_of(full) for full in tags))
