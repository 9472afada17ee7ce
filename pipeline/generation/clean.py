"""Raw model output, cleaned into copy: what the model wrapped around it goes, its typography stays."""

from __future__ import annotations

import unicodedata

import regex

from pipeline.domain.candidate import Sample
from pipeline.domain.locale_pack import LocalePack

_QUOTES = {
    "“": '”"',
    "„": '“”"',
    "”": "”",
    "«": "»",
    "»": "«",
    "‹": "›",
    "›": "‹",
    "‘": "’",
    "‚": "‘’",
    "「": "」",
    "『": "』",
    '"': '"',
    "'": "'",
}
"""Opening quotation marks, each with those that close it somewhere."""

_LEFT_OVER = {"“": '”"', "„": '“”"', "«": "»", "「": "」", "『": "』", '"': '"'}
"""Marks that stand in pairs only; a single one of them is half of a pair that was cut. Apostrophes are none of them."""

_CLOSERS = "\"'”’“«»›‹」』)）"
"""Marks that may follow the end of a sentence."""

# Outside East Asia a space follows, and a full stop after a single letter abbreviates ("z. B.").
# French sets a space before its closing mark.
_SENTENCE_END = regex.compile(
    rf"[。！？]+[{regex.escape(_CLOSERS)}]*"
    rf"|(?<!\b\p{{L}}(?=\.))[.!?…।؟॥]+(?:[ \u00a0\u202f]?»)?[{regex.escape(_CLOSERS)}]*(?=\s|$)"
)

# Only a first item: `24. Dezember` is a date.
_LIST_MARK = regex.compile(r"^(?:[-*•‣·]|1\.|\d{1,2}\))\s+")

_EMPHASIS = regex.compile(r"^(\*{1,3}|_{1,2}|`{1,3})(?=\S)((?:(?!\1).)+)(?<=\S)\1$")

_BOLD = regex.compile(r"\*\*(?=\S)([^*]+)(?<=\S)\*\*")

_HEADING = regex.compile(r"^#{1,6}\s+")

_UNSEEN = regex.compile(r"[\p{Cc}\p{Cs}\ufeff\ufffe\uffff]")
"""Characters that stand for nothing: some databases cannot keep them, and a model writes them by mistake only."""

_APOSTROPHE = regex.compile(r"(?<=\p{L})['’](?=\p{L})")

_SPACES = " \t\u200b\u2060"

_SOMETHING = regex.compile(r"[\p{L}\p{N}\p{So}]")

_WORD_BEFORE = r"(?<=[\p{L}\p{N}%€$)”»}’\"])(?<!&#?\w{1,9})"

_PARTNERS = {"»": "«", "›": "‹"}


def clean_sample(sample: Sample, pack: LocalePack) -> str:
    """The copy inside a sample, '' when there is none; cleaning it again changes nothing.

    Takes the first line that is copy, and removes labels, list marks, Markdown, enclosing quotation marks and,
    when the token budget cut the sample off, the fragment after the last whole sentence. Sets the locale's space
    before marks. No other space is touched.
    """
    line = _first_line(sample.text, pack)
    before = None
    while line != before:
        before = line
        line = _UNSEEN.sub("", unicodedata.normalize("NFC", line)).strip(_SPACES)
        line = unwrap(line if sample.finished else whole_sentences(line), pack)
        line = set_spacing(line, pack.typography.space_before)
    return line if _SOMETHING.search(line) else ""


def unwrap(line: str, pack: LocalePack) -> str:
    """Remove one layer of what a model puts around copy: a label, a list mark, Markdown, quotation marks."""
    for label in (pack.prompt.target, pack.prompt.source):
        line = regex.sub(rf"^{regex.escape(label)}\s*[:：]\s*", "", line)
    line = _EMPHASIS.sub(r"\2", _BOLD.sub(r"\1", _HEADING.sub("", _LIST_MARK.sub("", line)))).strip()
    return _without_half_a_pair(_without_quotes(line))


def whole_sentences(line: str) -> str:
    """The line up to its last whole sentence; the line itself when it holds none."""
    ends = sentence_ends(line)
    return line[: ends[-1]] if ends else line


def sentence_ends(line: str) -> list[int]:
    """Where each sentence of a line ends, its closing marks included."""
    return [match.end() for match in _SENTENCE_END.finditer(line)]


def set_spacing(line: str, space_before: dict[str, str]) -> str:
    """Put the locale's own space before marks that want one, between a word and the mark (French `!`).

    An opening guillemet gets the space of its closing one. URLs, clock times and HTML entities keep their
    marks: the space is set only where the mark ends a word.
    """
    for mark, space in space_before.items():
        line = regex.sub(rf"{_WORD_BEFORE}[ \u00a0\u202f]*{regex.escape(mark)}(?=[\s?!»)”\"]|$)", space + mark, line)
        if mark in _PARTNERS:
            line = regex.sub(rf"{_PARTNERS[mark]}[ \u00a0\u202f]*(?=\S)", _PARTNERS[mark] + space, line)
    return line


def _without_quotes(line: str) -> str:
    closing = _QUOTES.get(line[:1], "")
    inner = line[1:-1]
    quoted = _APOSTROPHE.sub("", inner)
    if len(line) < 3 or line[-1] not in closing or any(mark in quoted for mark in line[0] + line[-1]):  # noqa: PLR2004
        return line
    return inner.strip()


def _without_half_a_pair(line: str) -> str:
    """Without an opening mark that nothing closes, or a closing one that nothing opened, at either end."""
    rest = line[1:]
    if line[:1] in _LEFT_OVER and not any(mark in rest for mark in _LEFT_OVER[line[0]]):
        return rest.strip()
    openers = [opening for opening, closing in _LEFT_OVER.items() if line[-1:] and line[-1] in closing]
    # Swedish opens and closes with the same mark; a mark after a digit is one of inches.
    if openers and not any(mark in line[:-1] for mark in (*openers, line[-1])) and not line[-2:-1].isdigit():
        return line[:-1].strip()
    return line


def _first_line(text: str, pack: LocalePack) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    while len(lines) > 1 and _is_preamble(lines[0], pack):
        lines = lines[1:]
    return lines[0] if lines else ""


def _is_preamble(line: str, pack: LocalePack) -> bool:
    """A first line that only announces: it ends in a colon, is a code fence, a label, or the source once more."""
    words = pack.prompt
    announces = line.rstrip("*_ ").endswith((":", "：")) or line.startswith("```")
    is_label = line.casefold() == words.target.casefold()
    repeats = regex.match(rf"{regex.escape(words.source)}\s*[:：]", line) is not None
    return announces or is_label or repeats
