"""Raw model output, cleaned into copy: what the model wrapped around it goes, its typography stays."""

from __future__ import annotations

import unicodedata

import regex

from pipeline.domain.candidate import Sample
from pipeline.domain.locale_pack import LocalePack

_QUOTES = {
    "“": "”",
    "„": "“",
    "«": "»",
    "»": "«",
    "「": "」",
    "『": "』",
    '"': '"',
    "'": "'",
    "‘": "’",
    "‹": "›",
    "”": "”",
}

_ENDS = ".!?…。！？।؟॥"
"""Marks that end a sentence, in the scripts of the shipped locales."""

_CLOSERS = "\"'”’»」』)）"
"""Marks that may follow the end of a sentence."""

_SENTENCE_END = regex.compile(rf"[{_ENDS}][{regex.escape(_CLOSERS)}]*(?=\s|$|(?<=[。！？]))")

_LIST_MARK = regex.compile(r"^(?:[-*•‣·]|\d{1,2}[.)])\s+")

_MARKDOWN = regex.compile(r"^(\*\*|__|`{1,3}|#{1,6}\s+)|(\*\*|__|`{1,3})$")


def clean_sample(sample: Sample, pack: LocalePack) -> str:
    """The copy inside a sample, '' when there is none.

    Takes the first line that is copy, and removes labels, list marks, enclosing quotation marks and, when
    the token budget cut the sample off, the fragment after the last whole sentence. Sets the locale's space
    before marks. No other space is touched.
    """
    line = unwrap(_first_line(sample.text, pack), pack)
    if not sample.finished:
        line = whole_sentences(line)
    return set_spacing(unicodedata.normalize("NFC", line), pack.typography.space_before)


def unwrap(line: str, pack: LocalePack) -> str:
    """Remove what a model puts around copy: a label, a list mark, Markdown, one pair of quotation marks."""
    for label in (pack.prompt.target, pack.prompt.source):
        line = regex.sub(rf"^{regex.escape(label)}\s*[:：]\s*", "", line)
    line = _MARKDOWN.sub("", _LIST_MARK.sub("", line)).strip()
    closing = _QUOTES.get(line[:1])
    inner = line[1:-1]
    if closing and len(line) > 2 and line.endswith(closing) and line[0] not in inner and closing not in inner:  # noqa: PLR2004
        return inner.strip()
    return line


def whole_sentences(line: str) -> str:
    """The line up to its last whole sentence; the line itself when it holds none."""
    ends = [match.end() for match in _SENTENCE_END.finditer(line)]
    return line[: ends[-1]] if ends else line


def set_spacing(line: str, space_before: dict[str, str]) -> str:
    """Put the locale's own space before marks that want one, between a word and the mark (French `!`).

    URLs and clock times keep their colon: the space is set only where a space or the end follows the mark.
    """
    for mark, space in space_before.items():
        line = regex.sub(
            rf"(?<=[\p{{L}}\p{{N}}%€$)”»])[ \u00a0\u202f]*{regex.escape(mark)}(?=[\s?!»)]|$)", space + mark, line
        )
    return line


def _first_line(text: str, pack: LocalePack) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and _is_preamble(lines[0], pack):
        lines = lines[1:]
    return lines[0] if lines else ""


def _is_preamble(line: str, pack: LocalePack) -> bool:
    """A first line that only announces: it ends in a colon, or is a code fence, and copy follows it."""
    return line.endswith((":", "：")) or line.startswith("```") or line.casefold() == pack.prompt.target.casefold()
