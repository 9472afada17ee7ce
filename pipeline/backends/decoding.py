"""Sampling many continuations of one prompt: the prompt is read once, and finished continuations leave the batch.

It knows token ids only, neither text nor tokenizer. It stands in for `model.generate` because that reads the
prompt once for each sequence, sorts and draws over the whole vocabulary at every step, and carries finished
sequences to the end: 16 candidates of Gemma 3 270M took 7.8 s there and take 1.3 s here, on two cores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import torch
from transformers import DynamicCache, PreTrainedModel

from pipeline.domain.candidate import GenerationConfig
from pipeline.errors import GenerationFailed


@dataclass
class Continuation:
    """Sampled token ids without the one that stopped them, and their log-probabilities at temperature 1."""

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


@torch.inference_mode()
def sample_continuations(
    model: PreTrainedModel, prompt: torch.Tensor, config: GenerationConfig, stop_tokens: torch.Tensor
) -> list[Continuation]:
    """Sample `num_return_sequences` continuations of one prompt of shape (1, tokens).

    The same seed gives the same tokens on the same machine, and the global random state is neither read nor
    changed. Raises GenerationFailed when the model's scores are not numbers.
    """
    randomness = torch.Generator(device=prompt.device).manual_seed(config.seed)
    continuations = [Continuation() for _ in range(config.num_return_sequences)]
    running = torch.arange(len(continuations), device=prompt.device)
    cache = _read_once(model, prompt, len(continuations))
    tokens = prompt[:, -1:].expand(len(continuations), 1)
    for _ in range(config.max_new_tokens):
        logits = model(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1].float()
        tokens, log_probabilities = _draw(logits, config, randomness)
        stops = torch.isin(tokens[:, 0], stop_tokens)
        drawn = zip(running.tolist(), tokens[:, 0].tolist(), log_probabilities.tolist(), stops.tolist(), strict=True)
        for row, token, log_probability, stop in drawn:
            continuations[row].add(token, log_probability, stops=stop)
        if stops.any():
            going_on = (~stops).nonzero()[:, 0]
            if not len(going_on):
                break
            _keep_rows(cache, going_on)
            running, tokens = running[going_on], tokens[going_on]
    return continuations


def _read_once(model: PreTrainedModel, prompt: torch.Tensor, sequences: int) -> DynamicCache:
    """The model's memory of all but the last prompt token, read once and repeated for each sequence."""
    cache = DynamicCache(config=model.config)
    if prompt.shape[1] > 1:
        model(input_ids=prompt[:, :-1], past_key_values=cache, use_cache=True, logits_to_keep=1)
        _keep_rows(cache, torch.zeros(sequences, dtype=torch.long, device=prompt.device))
    return cache


def _keep_rows(cache: DynamicCache, rows: torch.Tensor) -> None:
    """Let the cache hold these of its rows, in this order, each as often as it is named.

    `reorder_cache` does so for the recurrent states of hybrid models (Falcon-H1) too, as the cache's
    own `batch_repeat_interleave` and `batch_select_indices` do not.
    """
    cache.reorder_cache(cast("torch.LongTensor", rows))


def _draw(
    logits: torch.Tensor, config: GenerationConfig, randomness: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw one token a row from logits of shape (rows, vocabulary): temperature, then top-k, then top-p.

    Gives tokens of shape (rows, 1) and their log-probabilities at temperature 1, shape (rows,). The order is
    that of Transformers; only the k best are ever sorted and drawn from.
    """
    normaliser = logits.logsumexp(dim=-1)
    if not normaliser.isfinite().all():
        raise GenerationFailed("the model's scores are not numbers")
    kept = min(config.top_k or logits.shape[-1], logits.shape[-1])
    best, candidates = logits.topk(kept, dim=-1)
    probabilities = (best / config.temperature).softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    probabilities = probabilities.masked_fill(before >= config.top_p, 0.0)
    drawn = torch.multinomial(probabilities, 1, generator=randomness)
    return candidates.gather(1, drawn), best.gather(1, drawn)[:, 0] - normaliser
