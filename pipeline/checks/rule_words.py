"""Finding the triggers of a rule in running copy, as each language changes its words.

Knows words and patterns; knows nothing of days, effects or what a rule asks for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

from pipeline.domain.pattern import bounded
from pipeline.domain.rule import ANY_LANGUAGE, PATTERN_MARK, Rule
from pipeline.domain.rule_pack import RulePack, WordForms

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


@dataclass(frozen=True)
class _Clue:
    """One trigger and how its language changes it. `needle` is in every form, so most texts are done with at once."""

    trigger: str
    forms: WordForms
    needle: str

    def spans(self, text: str) -> Iterator[Span]:
        """Every place where the trigger stands."""
        if self.needle in _folded(text):
            yield from (hit.span() for hit in _compiled(self.trigger, self.forms).finditer(text))


@dataclass(frozen=True)
class Finder:
    """The triggers of one rule in one language, ready to be looked for.

    `plain` count anywhere; `narrow` only beside a word of `context` in the same sentence; neither in `exceptions`.
    """

    plain: tuple[_Clue, ...]
    narrow: tuple[tuple[_Clue, tuple[str, ...]], ...]
    exceptions: tuple[_Clue, ...]

    def find(self, text: str) -> Span | None:
        """The first place where a trigger counts."""
        spans = [span for clue in self.plain for span in clue.spans(text)]
        spans += [
            span
            for clue, context in self.narrow
            for span in clue.spans(text)
            if any(_stands_beside(span, text, word, clue.forms) for word in context)
        ]
        harmless = [span for clue in self.exceptions for span in clue.spans(text)] if spans else []
        return min((span for span in spans if not any(_overlap(span, other) for other in harmless)), default=None)


@lru_cache(maxsize=512)
def finders_of(pack: RulePack, language: str) -> tuple[tuple[Rule, Finder | None], ...]:
    """Each rule of a pack with the finder of its triggers in one language; None where it has no such trigger."""
    forms = pack.reading.words.get(language, WordForms())
    return tuple((rule, _finder(rule, language, forms)) for rule in pack.rules)


def _finder(rule: Rule, language: str, forms: WordForms) -> Finder | None:
    keys = (language, ANY_LANGUAGE)
    context = {word: one.context for key in keys if (one := rule.context.get(key)) for word in one.words}
    clues = [_clue(word, forms) for word in _listed(rule.triggers, keys)]
    if not clues:
        return None
    return Finder(
        plain=tuple(clue for clue in clues if clue.trigger not in context),
        narrow=tuple((clue, context[clue.trigger]) for clue in clues if clue.trigger in context),
        exceptions=tuple(_clue(word, forms) for word in _listed(rule.exceptions, keys)),
    )


def _clue(trigger: str, forms: WordForms) -> _Clue:
    """A trigger with the longest part that all its forms share; a pattern shares nothing that could be looked up."""
    if trigger.startswith(PATTERN_MARK):
        return _Clue(trigger, forms, "")
    parts = [_stem(word, forms) for word in _JOINTS.split(trigger)[::2]]
    return _Clue(trigger, forms, max((_folded(part) for part in parts), key=len))


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    """A text without differences of case and composition; the dot of a capital İ goes with its case."""
    return unicodedata.normalize("NFC", text.casefold().replace("\u0307", ""))


@lru_cache(maxsize=4_096)
def _compiled(trigger: str, forms: WordForms) -> regex.Pattern[str]:
    return regex.compile(_pattern(trigger, forms), regex.IGNORECASE)


@lru_cache(maxsize=4_096)
def _compiled_beginning(word: str, forms: WordForms) -> regex.Pattern[str]:
    return regex.compile(_beginning(word, forms), regex.IGNORECASE)


def _stands_beside(span: Span, text: str, word: str, forms: WordForms) -> bool:
    """Whether a context word stands in the sentence of a span, outside it."""
    start, end = _sentence_around(text, *span)
    around = _compiled_beginning(word, forms).finditer(text, start, end)
    return any(not _overlap(span, place.span()) for place in around)


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
    whole = _letters(word)
    if not _changes(word, forms):
        return whole
    endings = _alternatives(forms.endings)
    changed = f"{whole}(?:{endings}){{0,{forms.repeat}}}"
    stem = _stem(word, forms)
    if stem == word:
        return changed
    return f"(?:{changed}|{_letters(stem)}(?:{endings}){{1,{forms.repeat}}})"


def _stem(word: str, forms: WordForms) -> str:
    """What all forms of a word begin with: the word without an ending that it may lose."""
    if not _changes(word, forms):
        return word
    dropped = max((end for end in forms.drop if word.endswith(end)), key=len, default="")
    stem = word.removesuffix(dropped)
    return stem if len(stem) >= _CHANGES_FROM else word


def _changes(word: str, forms: WordForms) -> bool:
    return len(word) >= _CHANGES_FROM and bool(forms.endings) and forms.where == "word" and word.isalpha()


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
