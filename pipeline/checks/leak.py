"""Does the copy carry something of the conversation with the model that wrote it?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import regex

from pipeline.checks.subject import CheckedText
from pipeline.domain.issue import Issue, MqmDimension, Severity

_CONTROL = regex.compile(
    r"<\|[^|<>\n]{1,40}\|>"
    r"|</?(?:start_of_turn|end_of_turn|start_of_image|bos|eos|pad|unk|think|assistant|system|user)>"
    r"|\[/?(?:INST|SYS)\]|<</?SYS>>|```|~~~",
)
"""Control tokens of chat formats and fences of Markdown: no copy has any of them."""

_PREAMBLE = regex.compile(
    r"^\W*(?:(?:sure|certainly|of course|absolutely)\W+)?"
    r"here(?:['’]s| is| are)\s+(?:\w+\s+){0,5}?(?:translations?|adaptations?|versions?|drafts?|rewrites?)\b[^\n]{0,60}:"
    r"|\bas an? (?:ai|artificial intelligence)(?: language)? (?:model|assistant)\b"
    r"|^\W*(?:translation|translated text|target text|assistant|output)\s*:",
    regex.IGNORECASE | regex.MULTILINE,
)
"""How assistants of every language introduce themselves: in English."""

_issue = partial(Issue, check="leak", dimension=MqmDimension.DESIGN_AND_MARKUP, severity=Severity.CRITICAL)


def check_leak(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for each control token, preamble or prompt label that the source does not have itself."""
    for pattern, message in _patterns(subject):
        found = pattern.search(subject.text)
        if found and not (subject.source and pattern.search(subject.source)):
            yield _issue(message=message, start=found.start(), end=found.end())


def _patterns(subject: CheckedText) -> Iterator[tuple[regex.Pattern[str], str]]:
    yield _CONTROL, "A control token or fence of the model was left in."
    yield _PREAMBLE, "The model talks about its own work."
    if subject.pack:
        for label in {subject.pack.prompt.source, subject.pack.prompt.target}:
            yield _label(label), f"The prompt's own label “{label}” was left in."


@lru_cache(maxsize=256)
def _label(label: str) -> regex.Pattern[str]:
    word = label.rstrip(" :：\u00a0\u202f")
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{N}}]){regex.escape(word)}\s?[:：]")
