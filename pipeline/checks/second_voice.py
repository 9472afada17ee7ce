"""A second opinion on a language, from langdetect (55 languages): asked only where the first one abstains.

Alone it calls a fifth of real short copy another language. As a second voice it is asked one thing that it is
good at: whether a line is in the source's language, so that a line that was never translated does not pass.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langdetect.detector_factory import DetectorFactory

_SEED = 0
"""langdetect samples: the same text must have the same verdict every time."""

_NAMED_OTHERWISE = {"nb": "no", "nn": "no", "fil": "tl"}
_CHINESE = {"zh-cn": "zh", "zh-tw": "zh"}


def probability_of(language: str, text: str) -> float:
    """The probability, 0..1, that langdetect gives to an ISO 639 language; 0 where it finds none in the text."""
    from langdetect import LangDetectException

    detector = _factory().create()
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return 0.0
    wanted = _NAMED_OTHERWISE.get(language, language)
    return float(sum(one.prob for one in found if _CHINESE.get(one.lang, one.lang) == wanted))


@cache
def _factory() -> DetectorFactory:
    """The profiles, loaded once; importing them costs nothing until the first question."""
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.set_seed(_SEED)
    return factory
