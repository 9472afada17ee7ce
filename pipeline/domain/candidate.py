"""One sampled text, and the settings it was sampled with."""

from __future__ import annotations

from pydantic import Field

from pipeline.domain.assessment import Assessment
from pipeline.domain.value import Value


class GenerationConfig(Value):
    """How candidates are sampled; names and meanings are those of `transformers.GenerationConfig`.

    `max_new_characters` is its own: a completion that has more is given up, as a generator can that sees it grow.
    """

    num_return_sequences: int = Field(default=16, ge=1, le=256)
    max_new_tokens: int = Field(default=64, ge=1, le=2_048)
    max_new_characters: int | None = Field(default=None, ge=1)
    temperature: float = Field(default=0.8, gt=0, le=2)
    top_p: float = Field(default=0.9, gt=0, le=1)
    top_k: int = Field(default=64, ge=0)
    seed: int = Field(default=0, ge=0)


class Sample(Value):
    """Raw model output.

    `log_probability` is the mean natural-log probability of its tokens under the sampled distribution's
    model (temperature 1), or None where the backend cannot tell; `finished` is false when the token
    budget cut it off. One that is `overlong` was given up when it had more characters than could be used.
    """

    text: str
    log_probability: float | None = None
    finished: bool = True
    overlong: bool = False


class Candidate(Value):
    """A cleaned sample with its assessment."""

    text: str
    log_probability: float | None
    assessment: Assessment
