"""How likely a text is in each language, after the model that py3langid carries (139 languages, 4.5 MB).

The score of a language is the log-likelihood of the text's features, so the difference of two scores is
the evidence for one language against another. It grows with the text: a few words give little.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from pipeline.checks.kinship import NEVER_MEANT, are_varieties

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_MOST_CHARACTERS = 1_000
"""More text than this changes no verdict."""

_NAMED_OTHERWISE = {"nb": "no", "fil": "tl", "ckb": "sdh"}
"""Languages whose label in the model differs from their code in BCP 47."""


def weigh(text: str) -> dict[str, float]:
    """The score of every language the model knows, by the model's own label."""
    return dict(_identifier().rank(text[:_MOST_CHARACTERS]))


@cache
def rivals(label: str) -> tuple[str, ...]:
    """The languages that a text may be in instead: not varieties of the same one, nor what nobody writes."""
    return tuple(other for other in sorted(_labels()) if other not in NEVER_MEANT and not are_varieties(other, label))


def likeliest(scores: Mapping[str, float]) -> str:
    """The label of the language with the highest score."""
    return max(scores, key=lambda label: scores[label])


def label_of(language: str) -> str | None:
    """The model's label of an ISO 639 language, or None when it does not know the language."""
    label = _NAMED_OTHERWISE.get(language, language)
    return label if label in _labels() else None


@cache
def _labels() -> frozenset[str]:
    return frozenset(_identifier().labels)


@cache
def _identifier() -> LanguageIdentifier:
    """The model, loaded once; importing it costs nothing until the first text."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)
