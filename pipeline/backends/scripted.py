"""Doubles of a generator and an encoder: they say what they were told to, so that a test needs no model.

    generator = ScriptedGenerator(["Weniger Plastik.", "Mehr Wasser."])
    encoder = ScriptedEncoder()

They are for tests of what stands above the seams. They ship with the library, for tests of your own code too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GenerationFailed, GlocalError
from pipeline.generation.one_by_one import one_by_one
from pipeline.scoring.ports import Embeddings

Script = Sequence[str] | Mapping[str, Sequence[str]] | Callable[[Prompt, GenerationConfig], Sequence[str]]
"""The texts to give for any prompt, for a prompt that contains a certain phrase, or worked out from the prompt."""


class ScriptedGenerator:
    """Gives scripted texts, over and over up to the number asked for, and remembers what it was shown.

    A mapping is searched in its order for the first key that occurs in the prompt. Samples have no log-probability.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self.prompts: list[Prompt] = []
        self.vocabularies: list[Vocabulary | None] = []

    @property
    def rows_at_once(self) -> int:
        """A script gains nothing from a batch."""
        return 1

    def generate(self, prompt: Prompt, config: GenerationConfig, vocabulary: Vocabulary | None = None) -> list[Sample]:
        """Give `num_return_sequences` samples; raises GenerationFailed when the script has none for the prompt."""
        self.prompts.append(prompt)
        self.vocabularies.append(vocabulary)
        texts = self._texts(prompt, config)
        if not texts:
            raise GenerationFailed("the script has no text for this prompt")
        return [Sample(text=texts[index % len(texts)]) for index in range(config.num_return_sequences)]

    def generate_together(self, asks: Sequence[Ask]) -> list[list[Sample] | GlocalError]:
        """What `generate` gives for each ask in turn, or the error that it raises."""
        return one_by_one(self.generate, asks)

    def _texts(self, prompt: Prompt, config: GenerationConfig) -> Sequence[str]:
        if callable(self._script):
            return self._script(prompt, config)
        if isinstance(self._script, Mapping):
            shown = "\n".join(message.content for message in prompt.messages)
            return next((texts for phrase, texts in self._script.items() if phrase in shown), ())
        return self._script


class ScriptedEncoder:
    """Hashes the groups of three characters of a text into a unit vector: texts that share words are alike.

    It knows nothing of meaning, and is the same on every machine.
    """

    digest = hashlib.sha256(b"scripted encoder, version 1").hexdigest()

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts: shape (texts, dimensions), float32, rows of unit length."""
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for position in self._positions(text):
                vectors[row, position] += 1
        lengths: Embeddings = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / lengths

    def _positions(self, text: str) -> list[int]:
        padded = f"  {text.casefold()} "
        groups = (padded[start : start + 3] for start in range(len(padded) - 2))
        return [int.from_bytes(hashlib.sha256(group.encode()).digest()[:4]) % self._dimensions for group in groups]
