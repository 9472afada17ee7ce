"""Finding the triggers of a rule in running copy, as each language changes its words.

Knows words and patterns; knows nothing of days, effects or what a rule asks for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import regex

from pipeline.domain.pattern import bounded
from pipeline.domain.rule import ANY_LANGUAGE, PATTERN_MARK, Rule, RulePack, WordForms

_Write = Callable[[str], str]

Span = tuple[int, int]
"""Code-point offsets, start and end."""

_CHARACTER = r"[\p{L}\p{M}\p{N}_]"
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = rf"(?<!{_CHARACTER})", rf"(?!{_CHARACTER})"
_LATIN = r"[\p{Latin}\p{Nd}]"
_JOINTS = regex.compile(r"(\s*[-‐‑'’\s]\s*)")
_SENTENCE_END = regex.compile(r"[.!?…]+(?=\s|$)|[。！？｡।؟]|\n")
_CHANGES_FROM = 4
"""Letters from which a word changes its ending: shorter ones are mostly articles and prepositions."""

_NEVER = regex.compile(r"(?!)")


@dataclass(frozen=True)
class Finder:
    """The triggers of one rule in one language, ready to be looked for.

    `plain` counts anywhere; `narrow` only beside `context` in the same sentence; neither inside an exception.
    """

    plain: regex.Pattern[str]
    narrow: regex.Pattern[str]
    context: regex.Pattern[str]
    exceptions: regex.Pattern[str]

    def find(self, text: str) -> Span | None:
        """The first place where a trigger counts."""
        places = [*self.plain.finditer(text), *(hit for hit in self.narrow.finditer(text) if self._fits(text, hit))]
        spans = sorted(place.span() for place in places)
        harmless = [place.span() for place in self.exceptions.finditer(text)] if spans else []
        return next((span for span in spans if not any(_overlap(span, other) for other in harmless)), None)

    def _fits(self, text: str, hit: regex.Match[str]) -> bool:
        start, end = _sentence_around(text, *hit.span())
        around = self.context.finditer(text, start, end)
        return any(not _overlap(hit.span(), place.span()) for place in around)


@lru_cache(maxsize=512)
def finders_of(pack: RulePack, language: str) -> tuple[tuple[Rule, Finder | None], ...]:
    """Each rule of a pack with the finder of its triggers in one language; None where it has no such trigger."""
    forms = pack.reading.words.get(language, WordForms())
    return tuple((rule, _finder(rule, language, forms)) for rule in pack.rules)


def _finder(rule: Rule, language: str, forms: WordForms) -> Finder | None:
    keys = (language, ANY_LANGUAGE)
    if not any(rule.triggers.get(key) for key in keys):
        return None
    narrowed = [rule.context[key] for key in keys if key in rule.context]
    needing = {word for one in narrowed for word in one.words}
    triggers = _listed(rule.triggers, keys)
    return Finder(
        plain=_one_of(_pattern(word, forms) for word in triggers if word not in needing),
        narrow=_one_of(_pattern(word, forms) for word in triggers if word in needing),
        context=_one_of(_beginning(word, forms) for one in narrowed for word in one.context),
        exceptions=_one_of(_pattern(word, forms) for word in _listed(rule.exceptions, keys)),
    )


def states(text: str, statement: str) -> bool:
    """Whether a text holds every fixed part of a statement, in its order, each as words of their own."""
    parts = [part.strip() for part in regex.split(r"\{[^}]*\}", statement)]
    place = 0
    for part in filter(None, parts):
        found = _as_words(part).search(text, place)
        if found is None:
            return False
        place = found.end()
    return True


@lru_cache(maxsize=512)
def _as_words(part: str) -> regex.Pattern[str]:
    before = _NO_LETTER_BEFORE if regex.match(_LATIN, part) else ""
    after = _NO_LETTER_AFTER if regex.search(rf"{_LATIN}$", part) else ""
    return regex.compile(before + _joined(part, _letters) + after, regex.IGNORECASE)


def _listed(triggers: dict[str, tuple[str, ...]], keys: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(word for key in keys for word in triggers.get(key, ())))


def _one_of(patterns: Iterable[str]) -> regex.Pattern[str]:
    listed = list(patterns)
    return regex.compile("|".join(f"(?:{one})" for one in listed), regex.IGNORECASE) if listed else _NEVER


def _pattern(trigger: str, forms: WordForms) -> str:
    """A trigger as a regular expression: as it is after `re:`, else with the forms that its words may take."""
    if trigger.startswith(PATTERN_MARK):
        return bounded(trigger.removeprefix(PATTERN_MARK))
    if forms.where == "anywhere":
        return _anywhere(trigger)
    body = _joined(trigger, lambda word: _changing(word, forms))
    before = f"(?:{_alternatives(forms.before)})?" if forms.before else ""
    return f"{_NO_LETTER_BEFORE}{before}{body}{_NO_LETTER_AFTER}"


def _anywhere(trigger: str) -> str:
    """A trigger in any position, but a Latin word or a number not inside a longer one."""
    before = rf"(?<!{_LATIN})" if regex.match(_LATIN, trigger) else ""
    after = rf"(?!{_LATIN})" if regex.search(rf"{_LATIN}$", trigger) else ""
    return before + _joined(trigger, _letters) + after


def _beginning(word: str, forms: WordForms) -> str:
    """A context word: any word that begins with it counts, and any compound that its language would write so."""
    if word.startswith(PATTERN_MARK):
        return bounded(word.removeprefix(PATTERN_MARK))
    before = f"(?:{_alternatives(forms.before)})?" if forms.before else ""
    start = "" if forms.where == "anywhere" else _NO_LETTER_BEFORE
    return start + before + _joined(word, _letters)


def _changing(word: str, forms: WordForms) -> str:
    if len(word) < _CHANGES_FROM or not forms.endings or not word.isalpha():
        return _letters(word)
    endings = _alternatives(forms.endings)
    whole = f"{_letters(word)}(?:{endings}){{0,{forms.repeat}}}"
    dropped = max((end for end in forms.drop if word.endswith(end)), key=len, default="")
    stem = word.removesuffix(dropped)
    if not dropped or len(stem) < _CHANGES_FROM:
        return whole
    return f"(?:{whole}|{_letters(stem)}(?:{endings}){{1,{forms.repeat}}})"


def _joined(text: str, write: _Write) -> str:
    """Words with what joins them: any white space or hyphen for a space, an optional one for a hyphen."""
    pieces = _JOINTS.split(text)
    return "".join(_joint(piece) if number % 2 else write(piece) for number, piece in enumerate(pieces))


def _joint(piece: str) -> str:
    if piece.strip() in {"'", "’"}:
        return "['’]"
    return r"[\s‐‑-]?" if piece.strip() else r"[\s‐‑-]{1,3}"


def _alternatives(endings: Iterable[str]) -> str:
    return "|".join(_letters(ending) for ending in sorted(set(endings), key=len, reverse=True))


def _letters(word: str) -> str:
    """A word as a pattern that takes each letter composed or decomposed."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", word))


def _letter(letter: str) -> str:
    apart = unicodedata.normalize("NFD", letter)
    return regex.escape(letter) if apart == letter else f"(?:{regex.escape(letter)}|{regex.escape(apart)})"


def _sentence_around(text: str, start: int, end: int) -> Span:
    """The sentence, or sentences, that a span lies in."""
    first = max((mark.end() for mark in _SENTENCE_END.finditer(text, 0, start)), default=0)
    last = _SENTENCE_END.search(text, end)
    return first, last.start() if last else len(text)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
