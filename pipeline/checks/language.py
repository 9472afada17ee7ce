"""Is the text in the language of its locale?

Three answers: match, mismatch, undetermined. The question is whether the evidence speaks against the wanted
language, not which language is likeliest: real copy is short, full of names, and often in a language that few
models know. First the script decides, then the weight of evidence for the wanted language against all others.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, partial

import regex

from pipeline.checks.kinship import are_kin, are_twins
from pipeline.checks.likelihood import label_of, likeliest, rivals, weigh
from pipeline.checks.protected import without_protected
from pipeline.checks.scripts import OTHER, count_scripts
from pipeline.checks.second_voice import probability_of
from pipeline.checks.subject import CheckedText
from pipeline.checks.tags import scripts_in_use, scripts_of
from pipeline.checks.words import fold, whole_word
from pipeline.domain.assessment import LanguageFinding, LanguageVerdict
from pipeline.domain.brand import TermRule
from pipeline.domain.issue import Issue, MqmDimension, Severity

# Evidence is a difference of log-likelihoods. The thresholds were set on the message catalogues of
# Django 5.2 (97 languages, 21,000 lines of 20 to 200 characters), where 0.26 % are called a mismatch.
_AGAINST_SOURCE = 1.0
"""Evidence from which a text is called untranslated: the source language is the likeliest mistake."""
_AGAINST_OTHERS = 10.0
"""Evidence from which a text is called some third language."""
_AGAINST_KIN = 25.0
"""The same for a language of the wanted one's family: models of close languages are weak, of small ones weaker."""
_FOR_WANTED = 0.5
"""Evidence from which the wanted language is said to match."""
_FOR_WANTED_OVER_KIN = 3.0
"""The same against a language of its own family."""

_FEWEST_LETTERS = 10
"""Fewer letters than this tell no language."""
_LETTERS_IN_A_SIGN = 3
"""What a Chinese, Japanese or Korean sign counts for: it is a syllable or a word."""
_SIGNS = ("Hani", "Hira", "Kana", "Hang")

_ANOTHER_SCRIPT = 0.1
"""Share of letters in the wanted script below which a text is in another one."""
_MIXED = 0.5
"""Share below which a part in Latin letters is too large to be names, if it is prose."""
_WORDS_OF_PROSE = 2
"""Uncapitalised words from which Latin letters in other copy are prose; one alone may belong to a name."""

_MOST_WORDS_OF_A_NAME = 2

_SECOND_VOICE_IS_SURE = 0.99
"""Probability from which langdetect's word counts: below it, short copy with loan words is at risk."""

_OUT_OF_THE_QUESTION = 10.0
"""Evidence against the source language from which langdetect, the slower voice, is not asked."""

_THREE_IN_FOUR = 3.0
"""Evidence that makes a verdict three quarters sure, on a logistic curve."""

_WORD = regex.compile(r"[\p{L}\p{M}'’-]+")
_LATIN_WORD = regex.compile(r"[\p{Script=Latin}\p{M}'’-]+")
_PROSE_WORD = regex.compile(r"(?<![\p{L}\p{M}])\p{Ll}[\p{Ll}\p{M}'’]+(?![\p{L}\p{M}])")

_UNTOLD = LanguageFinding(verdict="undetermined", detected=None, confidence=0)

_issue = partial(Issue, check="language", dimension=MqmDimension.ACCURACY, severity=Severity.CRITICAL)


def check_language(subject: CheckedText, finding: LanguageFinding) -> Iterator[Issue]:
    """Yield an issue for a text that is certainly in another language than wanted."""
    if finding.verdict == "mismatch":
        message = f"This is {finding.detected or 'another language'}, not {subject.language}."
        yield _issue(message=message, start=0, end=len(subject.text))


def find_language(subject: CheckedText) -> LanguageFinding:
    """Weigh a text against the language of its locale."""
    prose = _prose(subject, subject.text)
    letters = count_scripts(prose)
    if _weight(letters) < _FEWEST_LETTERS:
        return _UNTOLD
    if _is_source(subject, prose):
        return LanguageFinding(verdict="mismatch", detected=subject.source_language, confidence=1)
    finding = _by_script(subject, prose, letters) or _by_evidence(subject, prose, letters)
    return finding if finding.verdict != "undetermined" else _by_second_voice(subject, prose) or finding


def _by_second_voice(subject: CheckedText, prose: str) -> LanguageFinding | None:
    """A mismatch when the evidence was undecided but langdetect is sure that a line is the source's language."""
    source = subject.source_language
    is_line = len(_WORD.findall(prose)) > _MOST_WORDS_OF_A_NAME and _PROSE_WORD.search(prose)
    if not is_line or subject.language == source or are_kin(subject.language, source) or _is_far_from(source, prose):
        return None
    probability = min(1.0, probability_of(source, prose))
    if probability < _SECOND_VOICE_IS_SURE:
        return None
    return LanguageFinding(verdict="mismatch", detected=source, confidence=round(probability, 3))


def _is_far_from(language: str, prose: str) -> bool:
    """Whether the evidence already speaks so clearly against a language that no second opinion is needed."""
    scores, label = weigh(prose), label_of(language)
    return label is not None and max(scores.values()) - scores[label] > _OUT_OF_THE_QUESTION


def _prose(subject: CheckedText, text: str) -> str:
    """The text without what is the same in every language: placeholders, addresses and the brand's names."""
    prose = without_protected(text)
    names = [term.source for term in subject.terms(TermRule.DO_NOT_TRANSLATE)]
    for name in [*names, subject.brand.name] if subject.brand else ():
        prose = whole_word(name).sub(" ", prose)
    return prose


def _weight(letters: Counter[str]) -> int:
    return letters.total() + (_LETTERS_IN_A_SIGN - 1) * sum(letters[script] for script in _SIGNS)


def _is_source(subject: CheckedText, prose: str) -> bool:
    """Whether the source was left as it is: a line of words, not a mere name, in a locale of another language."""
    if subject.source is None or subject.language == subject.source_language:
        return False
    return len(_WORD.findall(prose)) > _MOST_WORDS_OF_A_NAME and fold(prose) == fold(_prose(subject, subject.source))


def _by_script(subject: CheckedText, prose: str, letters: Counter[str]) -> LanguageFinding | None:
    """A mismatch when hardly a letter is of the wanted script; None when the script leaves the question open."""
    written = _written(letters)
    wanted = sum(letters[script] for script in subject.scripts) / letters.total()
    if not subject.scripts or written in subject.scripts | scripts_in_use(subject.language):
        return None
    is_latin = written == "Latn"
    is_name = is_latin and len(_PROSE_WORD.findall(prose)) < _WORDS_OF_PROSE
    if wanted >= _ANOTHER_SCRIPT:
        return _UNTOLD if is_latin and not is_name and wanted < _MIXED else None
    if written == OTHER or is_name:
        return _UNTOLD
    if is_latin and label_of(subject.language) is None:
        return _against_source_only(subject, weigh(prose))  # rare languages are romanised more than CLDR knows
    return LanguageFinding(verdict="mismatch", detected=likeliest(weigh(prose)), confidence=round(1 - wanted, 3))


def _written(letters: Counter[str]) -> str:
    """The script that most letters are of."""
    return letters.most_common(1)[0][0]


def _native(subject: CheckedText, prose: str) -> str:
    """The prose without Latin words where copy is written in another script: they are names and borrowings."""
    if not subject.scripts or "Latn" in subject.scripts | scripts_in_use(subject.language):
        return prose
    return _LATIN_WORD.sub(" ", prose)


def _by_evidence(subject: CheckedText, prose: str, letters: Counter[str]) -> LanguageFinding:
    scores = weigh(_native(subject, prose))
    wanted = label_of(subject.language)
    # The model read each language in its usual script: it knows nothing of Kazakh in Latin letters.
    if wanted is None or not (scripts_of(subject.language) & set(letters)):
        return _against_source_only(subject, scores)
    return _against_all(wanted, scores, label_of(subject.source_language)) or _for_wanted(subject, wanted, scores)


def _against_source_only(subject: CheckedText, scores: Mapping[str, float]) -> LanguageFinding:
    """For a language that the model does not know: a mismatch when the text is certainly in the source language."""
    source = label_of(subject.source_language)
    if source is None or are_kin(subject.language, source):
        return _UNTOLD
    lead = scores[source] - max(scores[rival] for rival in rivals(source))
    return _finding("mismatch", source, lead) if lead > _AGAINST_SOURCE else _UNTOLD


def _against_all(wanted: str, scores: Mapping[str, float], source: str | None) -> LanguageFinding | None:
    rival = max(rivals(wanted), key=lambda label: scores[label])
    limit = _AGAINST_SOURCE if rival == source else _AGAINST_KIN if are_kin(rival, wanted) else _AGAINST_OTHERS
    evidence = scores[rival] - scores[wanted]
    return _finding("mismatch", rival, evidence) if evidence > limit and not are_twins(rival, wanted) else None


def _for_wanted(subject: CheckedText, wanted: str, scores: Mapping[str, float]) -> LanguageFinding:
    lead = scores[wanted] - max(scores[rival] for rival in rivals(wanted))
    lead_over_kin = scores[wanted] - max((scores[rival] for rival in _kindred(wanted)), default=-math.inf)
    if lead > _FOR_WANTED and lead_over_kin > _FOR_WANTED_OVER_KIN:
        return _finding("match", subject.language, lead)
    return _UNTOLD


@cache
def _kindred(label: str) -> tuple[str, ...]:
    """The rivals of a language's own family."""
    return tuple(rival for rival in rivals(label) if are_kin(rival, label))


def _finding(verdict: LanguageVerdict, detected: str, evidence: float) -> LanguageFinding:
    confidence = 1 / (1 + math.exp(-min(evidence, 100.0) / _THREE_IN_FOUR))
    return LanguageFinding(verdict=verdict, detected=detected, confidence=round(confidence, 3))
