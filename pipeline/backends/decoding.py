"""Sampling many continuations of one prompt: the prompt is read once, and finished continuations leave the batch.

It knows token ids only, neither text nor tokenizer. It stands in for `model.generate` because that reads the
prompt once for each sequence, sorts and draws over the whole vocabulary at every step, and carries finished
sequences to the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from transformers import Cache

from pipeline.backends.memory import is_out_of_memory
from pipeline.backends.narrow_head import NarrowHead, narrowed
from pipeline.backends.prompt_memory import PromptReader, continued, keep_rows, next_scores
from pipeline.domain.candidate import GenerationConfig
from pipeline.errors import GenerationFailed


@dataclass
class Continuation:
    """Sampled token ids without the one that stopped them, and their log-probabilities at temperature 1.

    With a narrow head these are relative to the tokens it has.
    """

    tokens: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)
    stop: int | None = None

    def add(self, token: int, log_probability: float, *, stops: bool) -> None:
        """Take over one sampled token."""
        if stops:
            self.stop = token
        else:
            self.tokens.append(token)
            self.log_probabilities.append(log_probability)

    @property
    def log_probability(self) -> float | None:
        """The mean over the tokens; None when there are none."""
        return sum(self.log_probabilities) / len(self.tokens) if self.tokens else None


@dataclass(frozen=True)
class Drawing:
    """What one prompt's continuations are drawn by.

    `stop_tokens` end a continuation. `head` holds the tokens that may be drawn, None for all that the model has.
    `at_once` is how many are drawn in one batch, None for all.
    """

    config: GenerationConfig
    stop_tokens: torch.Tensor
    head: NarrowHead | None = None
    at_once: int | None = None


@torch.inference_mode()
def sample_continuations(reader: PromptReader, prompt: torch.Tensor, drawing: Drawing) -> list[Continuation]:
    """Sample `num_return_sequences` continuations of one prompt of shape (1, tokens).

    Each has random numbers of its own, so how many are drawn together changes no more than the rounding of the model's
    scores. Where memory runs out, half as many are drawn at once. The global random state is neither read nor changed.
    Raises GenerationFailed when the model's scores are not numbers.
    """
    config = drawing.config
    shape = (config.num_return_sequences, config.max_new_tokens)
    # On the processor, whatever the model runs on: the same seed gives the same numbers.
    randomness = torch.rand(shape, generator=torch.Generator().manual_seed(config.seed)).to(prompt.device)
    continuations: list[Continuation] = []
    at_once = drawing.at_once or len(randomness)
    with narrowed(reader.model, drawing.head):
        memory, scores = reader.read(prompt)
        while len(continuations) < len(randomness):
            batch = randomness[len(continuations) : len(continuations) + at_once]
            try:
                continuations += _draw_batch(reader, memory, scores, drawing, batch)
            except (RuntimeError, MemoryError) as error:
                if len(batch) == 1 or not is_out_of_memory(error):
                    raise
                at_once = len(batch) // 2
    return continuations


def _draw_batch(
    reader: PromptReader, memory: Cache, scores: torch.Tensor, drawing: Drawing, randomness: torch.Tensor
) -> list[Continuation]:
    """Continuations of a prompt that was read, one for each row of random numbers."""
    continuations = [Continuation() for _ in randomness]
    running = torch.arange(len(continuations), device=scores.device)
    cache: Cache | None = None
    scores = scores.expand(len(continuations), -1)
    for step in range(randomness.shape[1]):
        places, log_probabilities = draw(scores, drawing.config, randomness[running, step])
        tokens = places if drawing.head is None else drawing.head.tokens[places]
        stops = torch.isin(tokens, drawing.stop_tokens)
        drawn = zip(running.tolist(), tokens.tolist(), log_probabilities.tolist(), stops.tolist(), strict=True)
        for row, token, log_probability, stop in drawn:
            continuations[row].add(token, log_probability, stops=stop)
        going_on = (~stops).nonzero()[:, 0]
        if not len(going_on) or step + 1 == randomness.shape[1]:
            break
        running, tokens = running[going_on], tokens[going_on]
        if cache is None:
            cache = continued(memory, reader.windows, len(running), randomness.shape[1])
        elif len(going_on) < len(stops):
            keep_rows(cache, going_on)
        scores = next_scores(reader.model, tokens[:, None], cache)
    return continuations


def draw(scores: torch.Tensor, config: GenerationConfig, randomness: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw one token a row from scores of shape (rows, vocabulary): temperature, then top-k, then top-p.

    `randomness` is one number from 0 to 1 a row. Gives tokens, and their log-probabilities at temperature 1, each of
    shape (rows,). The order is that of Transformers; only the k best are ever sorted and drawn from.
    """
    normaliser = scores.logsumexp(dim=-1)
    if not normaliser.isfinite().all():
        raise GenerationFailed("the model's scores are not numbers")
    kept = min(config.top_k or scores.shape[-1], scores.shape[-1])
    best, tokens = scores.topk(kept, dim=-1)
    mass = (best / config.temperature).softmax(dim=-1).cumsum(dim=-1)
    # A token is drawn from as long as those before it have less than top-p; the first always is.
    choices = (mass < config.top_p).sum(dim=-1, keepdim=True).clamp(max=kept - 1)
    goal = randomness[:, None] * mass.gather(1, choices)
    drawn = torch.minimum(torch.searchsorted(mass, goal, right=True), choices)
    return tokens.gather(1, drawn)[:, 0], best.gather(1, drawn)[:, 0] - normaliser
