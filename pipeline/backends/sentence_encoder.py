"""An encoder in this process: a SentenceTransformer behind the library's seam."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

import numpy as np

from pipeline.backends.offline import VerifiedModels, prepare_offline, uninterrupted
from pipeline.backends.threads import crew
from pipeline.domain.model_card import ModelCard
from pipeline.scoring.background import unit_rows
from pipeline.scoring.ports import Embeddings

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

BATCH_TOKENS = 4096
"""Tokens that go through the encoder at once: enough to keep it busy, and few megabytes of memory."""


@dataclass(frozen=True)
class Window:
    """As much of one text as the encoder takes in: all of it, as a rule. `owner` is the text's place."""

    owner: int
    text: str
    tokens: int


class SentenceEncoder:
    """Embeds texts with a SentenceTransformer that the caller has loaded; `digest` is that of its weights."""

    def __init__(self, model: SentenceTransformer, digest: str) -> None:
        self._model = model
        self._digest = digest
        # A tokenizer changes its own settings at each call: two threads must not use it at once.
        self._lock = Lock()

    @classmethod
    def from_store(cls, store: VerifiedModels, card: ModelCard) -> Self:
        """Load a stored encoder after every digest was checked; raises ModelMissing, ModelDamaged or UnsafeModel."""
        folder = store.verified(card.id)
        with uninterrupted():
            prepare_offline()
            encoder = cls(_load(folder), store.weights_digest(card.id))
        # What the libraries made lives as long as the process. Looking through it for garbage again and again took
        # a tenth of the time of scoring 1,000 texts against 25 brands.
        gc.freeze()
        return encoder

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the weights."""
        return self._digest

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts in the order given: shape (texts, dimensions), float32, rows of unit length.

        A text's vector is the same whatever else is embedded with it. One too long for the encoder is cut into
        windows, whose vectors are averaged by their tokens.
        """
        sums = np.zeros((len(texts), self._model.get_embedding_dimension() or 0), dtype=np.float32)
        with self._lock:
            for batch in _batches(self._windows(texts)):
                with crew().at_work(judged=False):
                    vectors = self._model.encode(
                        [window.text for window in batch],
                        batch_size=len(batch),
                        convert_to_numpy=True,
                        normalize_embeddings=True,
                        show_progress_bar=False,
                    )
                for window, vector in zip(batch, vectors, strict=True):
                    sums[window.owner] += window.tokens * vector
        return unit_rows(sums)

    def _windows(self, texts: Sequence[str]) -> Iterator[Window]:
        # Half a surrogate pair has no UTF-8, which the tokenizer wants.
        whole = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        for owner, (text, tokens) in enumerate(zip(whole, self._token_counts(whole), strict=True)):
            yield from self._cut(Window(owner, text, tokens))

    def _cut(self, window: Window) -> Iterator[Window]:
        """A window as it is if the encoder can take it, else its halves, as often as it takes."""
        limit = self._model.max_seq_length
        half = len(window.text) // 2
        if limit is None or window.tokens <= limit or not half:
            yield window
            return
        middle = max(window.text.rfind(" ", 0, half), 0) or half
        halves = window.text[:middle], window.text[middle:]
        for text, tokens in zip(halves, self._token_counts(halves), strict=True):
            yield from self._cut(Window(window.owner, text, tokens))

    def _token_counts(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        prompt = self._model.prompts.get(self._model.default_prompt_name or "", "")
        found = self._model.tokenizer([f"{prompt}{text}" for text in texts], truncation=False, verbose=False)
        return [len(tokens) for tokens in found["input_ids"]]


def _batches(windows: Iterable[Window]) -> Iterator[list[Window]]:
    """Windows of exactly one length each: padding costs time, and moves a vector in its last digits."""
    for tokens, group in groupby(sorted(windows, key=attrgetter("tokens")), key=attrgetter("tokens")):
        alike, count = list(group), max(1, BATCH_TOKENS // tokens)
        yield from (alike[start : start + count] for start in range(0, len(alike), count))


def _load(folder: Path) -> SentenceTransformer:
    """The encoder in the machine's best numbers, save for the tables of embeddings.

    Of these, most of a multilingual encoder's weights, a text looks at a few rows: they stay in the file, in its own
    numbers, and rows are turned into the others when they are looked up.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    numbers = _precision()
    model = SentenceTransformer(
        str(folder),
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True, "dtype": _stored_precision(folder) or numbers},
    )
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            module.register_forward_hook(lambda _module, _given, rows: rows.to(numbers))
        else:
            for weights in module.parameters(recurse=False):
                weights.data = weights.data.to(numbers)
    return model


def _stored_precision(folder: Path) -> torch.dtype | None:
    """The numbers that the weights are stored in, None where they are not in a single file.

    Some files begin with positions, which are whole numbers.
    """
    from safetensors import safe_open

    path = folder / "model.safetensors"
    if not path.is_file():
        return None
    with safe_open(path, framework="pt") as weights:
        found = (weights.get_slice(name)[:1] for name in weights.keys())  # noqa: SIM118  (it is no mapping)
        return next((tensor.dtype for tensor in found if tensor.is_floating_point()), None)


def _precision() -> torch.dtype:
    """bfloat16 where the processor multiplies in it: twice as fast, and scores move by less than a hundredth."""
    import torch
    from sentence_transformers.util import get_device_name

    able = torch.cpu.get_capabilities()
    native = get_device_name() == "cpu" and (able.get("avx512_bf16") or able.get("amx_bf16"))
    return torch.bfloat16 if native else torch.float32
