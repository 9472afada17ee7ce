"""Finding a given word in running copy, with what its script allows around it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

from pipeline.checks.tags import joins_words

_CHARACTER = r"[\p{L}\p{M}\p{N}_]"
_LONG_ENOUGH = 5
"""Letters from which a form counts inside a longer word too: compounds, case endings."""

_NOTHING = regex.compile(r"(?!)")
"""What no text holds."""

_SEPARATORS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def fold(text: str) -> str:
    """A text without differences of case, punctuation and spacing."""
    return _SEPARATORS.sub(" ", text.casefold()).strip()


@lru_cache(maxsize=4_096)
def whole_word(form: str, *, prefixed: bool = False) -> regex.Pattern[str]:
    """A case-blind pattern for a form that stands alone; `prefixed` allows three letters joined before it."""
    before = rf"{_CHARACTER}{{0,3}}" if prefixed else ""
    body = _spaced(form)
    return regex.compile(rf"(?<!{_CHARACTER}){before}{body}(?!{_CHARACTER})", regex.IGNORECASE)


@lru_cache(maxsize=4_096)
def english_word(term: str) -> regex.Pattern[str]:
    """A case-blind pattern for a source term and its regular inflections: s, es, ed, ing."""
    stem, endings = _english_inflections(term)
    return regex.compile(rf"(?<!{_CHARACTER}){_spaced(stem)}(?:{endings})(?!{_CHARACTER})", regex.IGNORECASE)


def _english_inflections(term: str) -> tuple[str, str]:
    if term.endswith("e"):
        return term[:-1], "e|es|ed|ing"
    if term.endswith("y"):
        return term[:-1], "y|ys|ies|yed|ied|ying"
    return term, "|s|es|ed|ing"


def find_form(form: str, text: str, scripts: frozenset[str], *, spaceless: bool) -> regex.Match[str] | None:
    """The first place where a form stands as a word of its own; anywhere, where words are not spaced."""
    if spaceless:
        return _unspaced_word(form).search(text)
    return whole_word(form, prefixed=joins_words(scripts)).search(text)


def holds_form(form: str, text: str, scripts: frozenset[str], *, spaceless: bool) -> bool:
    """Whether a form is used at all, also inside a compound or before an ending when it is long enough."""
    if len(form) >= _LONG_ENOUGH:
        return anywhere(form).search(text) is not None
    return find_form(form, text, scripts, spaceless=spaceless) is not None


@lru_cache(maxsize=4_096)
def anywhere(form: str) -> regex.Pattern[str]:
    """A case-blind pattern for a form in any position."""
    return regex.compile(_spaced(form), regex.IGNORECASE)


@lru_cache(maxsize=4_096)
def _unspaced_word(form: str) -> regex.Pattern[str]:
    """A form in any position, but a Latin one not inside a longer Latin word: `eco` is not in `economy`."""
    return regex.compile(_unspaced(form), regex.IGNORECASE)


def _unspaced(form: str) -> str:
    before = r"(?<!\p{Latin})" if regex.match(r"\p{Latin}", form) else ""
    after = r"(?!\p{Latin})" if regex.search(r"\p{Latin}$", form) else ""
    return f"{before}{_spaced(form)}{after}"


@lru_cache(maxsize=4_096)
def any_word(
    forms: tuple[str, ...], *, spaceless: bool = False, prefixed: bool = False, exact: bool = False
) -> regex.Pattern[str]:
    """A pattern for any of these forms as words of their own, `*` for any ending; `exact` minds the case."""
    flags = 0 if exact else regex.IGNORECASE
    longest_first = sorted(forms, key=len, reverse=True)
    if not forms:
        return _NOTHING
    if spaceless:
        return regex.compile("|".join(map(_unspaced, longest_first)), flags)
    before = rf"{_CHARACTER}{{0,3}}" if prefixed else ""
    body = "|".join(map(_with_ending, longest_first))
    return regex.compile(rf"(?<!{_CHARACTER}){before}(?:{body})(?!{_CHARACTER})", flags)


def _with_ending(form: str) -> str:
    """A form as a pattern in which `*` ends a word that may go on: `best* of all`."""
    ending = r"[\p{L}\p{M}]*"
    return r"\s+".join(_spaced(word[:-1]) + ending if word.endswith("*") else _spaced(word) for word in form.split())


def _spaced(form: str) -> str:
    """The form as a pattern: any white space for any other, composed letters or decomposed ones."""
    spellings = dict.fromkeys((form, unicodedata.normalize("NFC", form), unicodedata.normalize("NFD", form)))
    patterns = (r"\s+".join(regex.escape(part) for part in spelling.split()) for spelling in spellings)
    return f"(?:{'|'.join(patterns)})"
