"""Sampling many continuations of prompts in one batch: each prompt is read once, and finished ones leave.

It knows token ids only, neither text nor tokenizer. It stands in for `model.generate` because that reads the
prompt once for each sequence, sorts and draws over the whole vocabulary at every step, and carries finished
sequences to the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import Cache, PreTrainedModel

from pipeline.backends.narrow_head import HeadsByRow, NarrowHead, beside
from pipeline.backends.prompt_memory import PromptReader, continued, keep_rows, next_scores
from pipeline.domain.candidate import GenerationConfig
from pipeline.errors import GenerationFailed

ROWS = 8
"""Rows leave a batch by so many: the library prepares each product for the number of rows that it has, and keeps what
it prepared. A batch of 64 that shrank one by one took 3 % longer, and 200 MB more."""


@dataclass
class Continuation:
    """Sampled token ids without the one that stopped them, and their log-probabilities at temperature 1.

    Where only some tokens may be drawn, these are relative to them. One that is `overlong` has more `characters` than
    were wanted.
    """

    tokens: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)
    stop: int | None = None
    characters: int = 0
    overlong: bool = False

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


@dataclass(frozen=True, eq=False)
class Drawing:
    """A prompt of shape (1, tokens), and what its continuations are drawn by.

    `stop_tokens` end a continuation. `head` is the output layer, None for the model's own. `tokens` are those of it
    that may be drawn, ascending, None for all: several drawings may share a head and have tokens of their own.
    `lengths` are the characters of every token, where continuations of too many of them are to be given up.
    """

    prompt: torch.Tensor
    config: GenerationConfig
    stop_tokens: frozenset[int]
    tokens: torch.Tensor | None = None
    head: NarrowHead | None = None
    lengths: Sequence[int] | None = None

    @property
    def longest(self) -> int:
        """Tokens of the prompt and of the longest continuation."""
        return self.prompt.shape[1] + self.config.max_new_tokens


class Task:
    """One prompt's continuations, as far as they have come.

    `reading` is what the prompt's reading gave, its memory and the scores of the next token. `layer` is the output
    layer, None for the model's own, `tokens` are those that may be drawn, None for all.
    """

    def __init__(self, drawing: Drawing) -> None:
        config, head = drawing.config, drawing.head
        self.drawing = drawing
        self.layer = None if head is None else head.layer
        self.tokens = head.tokens if head and drawing.tokens is None else drawing.tokens
        self._columns = self.tokens if head is None or self.tokens is None else head.places_of(self.tokens)
        self.continuations: list[Continuation] = []
        self.failure: GenerationFailed | None = None
        self.reading: tuple[Cache, torch.Tensor] | None = None
        # On the processor, whatever the model runs on: the same seed gives the same numbers.
        self.randomness = torch.rand(
            config.num_return_sequences, config.max_new_tokens, generator=torch.Generator().manual_seed(config.seed)
        ).to(drawing.prompt.device)
        # Rows that are drawn in the same manner are drawn in one go.
        self.manner = (id(self.layer), config.temperature, config.top_p, config.top_k, id(drawing.tokens))

    def own(self, scores: torch.Tensor) -> torch.Tensor:
        """Of rows of scores those of the tokens that may be drawn."""
        if self._columns is not None:
            return scores.index_select(1, self._columns)
        # Where other rows have a larger output layer, these have nothing to say beyond their own.
        return scores if self.tokens is None else scores[:, : len(self.tokens)]

    @property
    def left(self) -> int:
        """Continuations that are still to be drawn."""
        return 0 if self.failure else len(self.randomness) - len(self.continuations)

    def fail(self, failure: GenerationFailed) -> None:
        """Give up; the others go on."""
        # The frames of a traceback hold on to memory.
        self.failure = failure.with_traceback(None)
        self.reading = None


@dataclass(frozen=True)
class Share:
    """So many of a task's next continuations, to be drawn in one batch."""

    task: Task
    count: int


@dataclass(frozen=True)
class _Row:
    """One continuation in a batch."""

    task: Task
    continuation: Continuation

    def add(self, token: int, log_probability: float) -> None:
        """Take over a token. When one row's scores are not numbers, all of its prompt's are not to be trusted."""
        if not math.isfinite(log_probability):
            self.task.fail(GenerationFailed("the model's scores are not numbers"))
        drawing, continuation = self.task.drawing, self.continuation
        continuation.add(token, log_probability, stops=token in drawing.stop_tokens)
        most = drawing.config.max_new_characters
        if drawing.lengths is not None and most is not None and continuation.stop is None:
            continuation.characters += drawing.lengths[token]
            continuation.overlong = continuation.characters > most

    @property
    def goes_on(self) -> bool:
        ended = self.continuation.stop is not None or self.continuation.overlong
        return (
            not ended
            and self.task.failure is None
            and len(self.continuation.tokens) < self.task.drawing.config.max_new_tokens
        )


@torch.inference_mode()
def draw_together(reader: PromptReader, shares: Sequence[Share]) -> None:
    """Draw continuations of prompts that were read, in one batch; adds them to their tasks.

    Several prompts have to be ones that can be shared, of a reader that mixes. A task whose scores are not numbers
    fails, the others go on. When memory runs out, nothing is added.
    """
    shares = sorted(shares, key=lambda share: share.task.manner)
    drawn = [[_Row(share.task, Continuation()) for _ in range(share.count)] for share in shares]
    rows = [row for of_share in drawn for row in of_share]
    randomness = pad_sequence([numbers for share in shares for numbers in _next_randomness(share)], batch_first=True)
    steps = randomness.shape[1]
    readings = {share.task: share.task.reading for share in shares if share.task.reading is not None}
    scores = beside([readings[share.task][1].expand(share.count, -1) for share in shares])
    cache: Cache | None = None
    for step in range(steps):
        tokens = _draw_rows(rows, scores, randomness[:, step])
        kept = _kept(rows)
        if not kept:
            break
        if len(kept) < len(rows):
            places = torch.tensor(kept, device=tokens.device)
            rows, tokens, randomness = [rows[place] for place in kept], tokens[places], randomness[places]
            if cache is not None:
                keep_rows(cache, places)
        if cache is None:
            counts = {task: len(list(its)) for task, its in groupby(rows, key=lambda row: row.task)}
            cache = continued(reader, [readings[task][0] for task in counts], list(counts.values()))
        scores = next_scores(reader.model, tokens[:, None], cache, _head(reader.model, rows))
    for share, its in zip(shares, drawn, strict=True):
        share.task.continuations += [row.continuation for row in its]


def _next_randomness(share: Share) -> torch.Tensor:
    first = len(share.task.continuations)
    return share.task.randomness[first : first + share.count]


def _kept(rows: Sequence[_Row]) -> list[int]:
    """The places of the rows that stay: of each prompt those that go on, and ended ones that fill up its last eight."""
    kept: list[int] = []
    for _, its in groupby(range(len(rows)), key=lambda place: rows[place].task):
        places = list(its)
        going = [place for place in places if rows[place].goes_on]
        ended = [place for place in places if not rows[place].goes_on]
        kept += sorted(going + ended[: -len(going) % ROWS]) if going else []
    return kept


def _head(model: PreTrainedModel, rows: Sequence[_Row]) -> torch.nn.Module | None:
    """The output layer of all rows, None for the model's own; where they have several, one that has each row's."""
    found = [(layer, len(list(its))) for layer, its in groupby(row.task.layer for row in rows)]
    if len(found) == 1:
        return found[0][0]
    whole = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    return HeadsByRow([(count, whole if layer is None else layer) for layer, count in found])


def _draw_rows(rows: Sequence[_Row], scores: torch.Tensor, randomness: torch.Tensor) -> torch.Tensor:
    """Draw the next token of each row, and add it; gives the tokens, shape (rows,)."""
    tokens, log_probabilities, first = [], [], 0
    for _, group in groupby(rows, key=lambda row: row.task.manner):
        alike = list(group)
        part, task = slice(first, first + len(alike)), alike[0].task
        first += len(alike)
        places, values = draw(task.own(scores[part]), task.drawing.config, randomness[part])
        tokens.append(places if task.tokens is None else task.tokens[places])
        log_probabilities.append(values)
    drawn = torch.cat(tokens)
    for row, token, value in zip(rows, drawn.tolist(), torch.cat(log_probabilities).tolist(), strict=True):
        if row.goes_on:
            row.add(token, value)
    return drawn


def draw(scores: torch.Tensor, config: GenerationConfig, randomness: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw one token a row from scores of shape (rows, vocabulary): temperature, then top-k, then top-p.

    `randomness` is one number from 0 to 1 a row. Gives tokens, and their log-probabilities at temperature 1, each of
    shape (rows,); these are not finite in a row with a score that is not. The order is that of Transformers; only the
    k best are ever sorted and drawn from.
    """
    kept = min(config.top_k or scores.shape[-1], scores.shape[-1])
    best, tokens = scores.topk(kept, dim=-1)
    # As `logsumexp` does it, without another search for the largest.
    normaliser = _sums((scores - best[:, :1]).exp_()).log() + best[:, 0]
    mass = (best / config.temperature).softmax(dim=-1).cumsum(dim=-1)
    # A token is drawn from as long as those before it have less than top-p; the first always is.
    choices = (mass < config.top_p).sum(dim=-1, keepdim=True).clamp(max=kept - 1)
    goal = randomness[:, None] * mass.gather(1, choices)
    drawn = torch.minimum(torch.searchsorted(mass, goal, right=True), choices)
    return tokens.gather(1, drawn)[:, 0], best.gather(1, drawn)[:, 0] - normaliser


def _sums(rows: torch.Tensor) -> torch.Tensor:
    """The sum of each row, the same however many rows there are: a single one PyTorch would split among threads."""
    return rows.expand(2, -1).sum(dim=-1)[:1] if len(rows) == 1 else rows.sum(dim=-1)
