"""How fast is the brand score? Copies a second beside a plain loop, and what is spent outside the encoder.

    python benchmarks/scoring.py [--copies 1000 20000]

The copies are sentences of `calibration/parallel.yaml`, numbered so that no two are alike. The plain loop loads the
same weights with `SentenceTransformer(folder)`, calls `encode` once for each copy and does nothing else; it runs on
200 of the copies, once as the library loads the weights and once in bfloat16, which the score uses where the
processor has it.

A result's explanation is put into words when it is read: the last column counts the reading of all of them, too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from invented import brand_of, read

from pipeline.assessing import Assessor
from pipeline.bootstrap import build
from pipeline.checks.subject import CheckedText
from pipeline.domain.brand import Brand
from pipeline.scoring.ports import Embeddings, TextEncoder

BATCH = 1024
PLAIN = 200
BRANDS = (1, 5, 25)


class Timed:
    """An encoder that adds up the seconds spent in it."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self.seconds = 0.0

    @property
    def digest(self) -> str:
        """The encoder's own."""
        return self._encoder.digest

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Embed, with the clock running."""
        start = time.perf_counter()
        try:
            return self._encoder.encode(texts)
        finally:
            self.seconds += time.perf_counter() - start


def subjects_of(count: int) -> list[CheckedText]:
    """That many copies in thirteen languages."""
    sentences = read("parallel.yaml", "sentences")
    texts = [
        (language, text)
        for sentence in sentences
        for language, text in sentence.items()
        if language not in {"id", "brand", "pillar"}
    ]
    return [
        CheckedText(text=f"{text} ({number})", locale=language)
        for number, (language, text) in zip(range(count), texts * (count // len(texts) + 1), strict=False)
    ]


def measure(assessor: Assessor, timed: Timed, brands: Sequence[Brand], subjects: Sequence[CheckedText]) -> None:
    """Score, and print one row of the table; brands are embedded before."""
    assessor.score_against(brands, subjects[:1])
    timed.seconds, scoring, wording = 0.0, 0.0, 0.0
    for place in range(0, len(subjects), BATCH):
        start = time.perf_counter()
        table = assessor.score_against(brands, subjects[place : place + BATCH])
        scored = time.perf_counter()
        for result in chain.from_iterable(table):
            _ = result.score.explanation
        scoring, wording = scoring + scored - start, wording + time.perf_counter() - scored
    outside, worded = 1 - timed.seconds / scoring, 1 - timed.seconds / (scoring + wording)
    print(
        f"{len(subjects):7d} {len(brands):7d} {scoring:8.1f} {len(subjects) / scoring:9.0f}"
        f" {outside:16.1%} {worded:12.1%}",
        flush=True,
    )


def measure_plain(folder: Path) -> None:
    """Encode one by one, and print how fast that goes."""
    from sentence_transformers import SentenceTransformer

    texts = [subject.text for subject in subjects_of(PLAIN)]
    for precision in ("auto", "bfloat16"):
        model = SentenceTransformer(str(folder), local_files_only=True, model_kwargs={"dtype": precision})
        model.encode(texts[0])
        start = time.perf_counter()
        for text in texts:
            model.encode(text)
        rate = len(texts) / (time.perf_counter() - start)
        print(f"one by one in {str(model.dtype).removeprefix('torch.')}, without a score: {rate:.0f} copies a second")


def main() -> None:
    """Print the plain loop, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, nargs="+", default=[1000])
    counts = parser.parse_args().copies
    parts = build(Path())
    start = time.perf_counter()
    timed = Timed(parts.assessor.encoder)
    print(f"encoder checked and loaded in {time.perf_counter() - start:.1f} seconds")
    assessor = Assessor(library=parts.library, load_encoder=lambda: timed)
    measure_plain(parts.models.folder(parts.settings.encoder))
    brands = [brand_of(entry) for entry in read("cohort.yaml", "brands")]
    print(" copies  brands  seconds  copies/s  outside encoder  with words")
    for count in counts:
        for width in BRANDS:
            measure(assessor, timed, brands[:width], subjects_of(count))


if __name__ == "__main__":
    main()
