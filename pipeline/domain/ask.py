"""What a generator is asked for."""

from __future__ import annotations

from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.prompt import Prompt
from pipeline.domain.value import Value
from pipeline.domain.vocabulary import Vocabulary


class Ask(Value):
    """Samples of one prompt: `config.num_return_sequences` of them, held to a vocabulary or, where None, to nothing."""

    prompt: Prompt
    config: GenerationConfig
    vocabulary: Vocabulary | None = None
