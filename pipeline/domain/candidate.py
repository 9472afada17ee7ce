"""One sampled text, and the settings it was sampled with."""

from __future__ import annotations

from pydantic import Field

from pipeline.domain.assessment import Assessment
from pipeline.domain.value import Value


class GenerationConfig(Value):
    """How candidates are sampled; names and meanings are those of `transformers.GenerationConfig`."""

    num_return_sequences: int = Field(default=16, ge=1, le=256)
    max_new_tokens: int = Field(default=64, ge=1, le=2_048)
    temperature: float = Field(default=0.8, gt=0, le=2)
    top_p: float = Field(default=0.9, gt=0, le=1)
    top_k: int = Field(default=64, ge=0)
    seed: int = Field(default=0, ge=0)


class Sample(Value):
    """Raw model output.

    `log_probability` is the mean natural-log probability of its tokens under the sampled distribution's
    model (temperature 1), or None where the backend cannot tell; `finished` is false when the token
    budget cut it off.
    """

    text: str
    log_probability: float | None = None
    finished: bool = True


class Candidate(Value):
    """A cleaned sample with its assessment."""

    text: str
    log_probability: float | None
    assessment: Assessment
