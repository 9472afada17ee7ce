"""A small encoder whose vectors can be read, and candidates made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from pipeline.domain.assessment import Assessment, LanguageFinding, Score
from pipeline.domain.brand import Brand, Pillar
from pipeline.domain.candidate import Candidate
from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.domain.value import text_digest
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.fitting import Material, fit_calibration
from pipeline.scoring.ports import Embeddings, TextEncoder

TOPICS = ("cold", "refill", "music", "tram", "bread", "rain", "bike", "book", "lamp", "game", "map", "tea")


class TopicEncoder:
    """One dimension a topic word, plus one that every text has in common; counts the texts and batches it is given."""

    digest = "topics"

    def __init__(self) -> None:
        self.batches = self.texts = 0

    def encode(self, texts: Sequence[str]) -> Embeddings:
        self.batches += 1
        self.texts += len(texts)
        rows = [[1.0, *(float(text.lower().count(topic)) for topic in TOPICS)] for text in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(len(rows), len(TOPICS) + 1)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def encoder() -> TextEncoder:
    return TopicEncoder()


@pytest.fixture
def generic() -> dict[str, list[str]]:
    """Copy about anything but the brand, ten texts in each of two locales."""
    return {
        tag: [f"{topic} {word} of the day" for topic in TOPICS[2:]] for tag, word in (("de-DE", "a"), ("ja-JP", "b"))
    }


def _listing(name: str, topic: str, beside: Sequence[str]) -> dict[str, Any]:
    pillar = {
        "name": f"{topic} and {beside[0]}",
        "statement": f"{topic} {topic} {beside[1]}",
        "exemplars": [f"{topic} of the day", f"{topic} {beside[2]}"],
    }
    return {"id": name, "short": f"{topic} {beside[3]} {beside[1]}", "pillars": [pillar]}


@pytest.fixture
def material(encoder: TextEncoder) -> Material:
    """Nine invented listings, each about one topic more than others, and sentences for three brands of other topics."""
    topics = TOPICS[2:-1]
    ring = (*topics, *topics)
    listings = [
        _listing(topic, topic, [ring[place + step] for step in (1, 2, 4, 5)]) for place, topic in enumerate(topics)
    ]
    brands = [_listing(f"{topic}-brand", topic, topics) for topic in ("cold", "refill", "tea")]
    sentences = [
        {
            "id": f"{topic}-{n}",
            "brand": f"{topic}-brand",
            "pillar": "p",
            "en": f"{topic} {topic} {topics[n]}",
            "de": f"{topic} {topics[n]}",
        }
        for topic in ("cold", "refill", "tea")
        for n in (4, 5, 6)
    ]
    pairs = [(f"{topic} tea", f"{topic} {word}") for topic in topics for word in ("a", "b", "tea", "tea tea")]
    return Material.of(listings, brands, sentences, pairs, encoder)


@pytest.fixture
def calibration(material: Material) -> BrandCalibration:
    return fit_calibration(material)


@pytest.fixture
def brand() -> Brand:
    return Brand(
        id="aqualis",
        name="Aqualis",
        source_locale="en-US",
        pillars=(
            Pillar(id="cold", name="Cold all day", statement="Water stays cold.", exemplars=("Still cold at four.",)),
            Pillar(
                id="refill", name="Refill anywhere", statement="Refill it in town.", exemplars=("Your next refill.",)
            ),
        ),
    )


@pytest.fixture
def make_candidate() -> Callable[..., Candidate]:
    def make(
        text: str = "text", *severities: Severity, log_probability: float | None = None, **scores: float
    ) -> Candidate:
        issues = [
            Issue(check="c", dimension=MqmDimension.STYLE, severity=severity, message="m", start=0, end=0)
            for severity in severities
        ]
        assessment = Assessment(
            text_sha256=text_digest(text),
            language=LanguageFinding(verdict="match", detected="de", confidence=1),
            issues=tuple(issues),
            scores=tuple(Score(name=name, value=value, explanation="e") for name, value in scores.items()),
        )
        return Candidate(text=text, log_probability=log_probability, assessment=assessment)

    return make
