"""Sampling candidates with the embedded model: plain Transformers beside Glocal, on the same prompts, in one process.

    python benchmarks/generation.py [--candidates 16] [--locales es-MX,ja-JP,ar-AE]

    one by one   `model.generate`, one sequence at a time (a quarter of the candidates: it is slow)
    generate     `model.generate` with all candidates as one batch
    glocal       what `glocal run` does: the prompt read once, finished candidates leave the batch

Printed: new tokens a second, seconds a unit, and the ratio to `one by one`. The model is loaded twice, once as
Transformers loads it and once as Glocal does, so that neither carries the other's settings.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from pipeline.backends.transformers_generator import TransformersGenerator
from pipeline.bootstrap import Parts, build
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.prompt import Prompt
from pipeline.workflow import Plan, plan_unit

Row = Callable[[Prompt, GenerationConfig], tuple[int, int]]
"""Samples texts of a prompt; gives how many new tokens and how many texts."""


def plans(parts: Parts, locales: list[str]) -> list[Plan]:
    """One plan a locale, for the first segment of the sample campaign."""
    brief = parts.library.brief(Path("campaigns/spring.yaml"))
    units = parts.library.units(brief, parts.library.brand(brief.brand), tuple(locales))
    return [plan_unit(unit, parts.toolkit) for unit in units[:: len(brief.segments)]]


def plain_row(folder: Path, sequences: int | None) -> Row:
    """`model.generate` with `sequences` a call, or all in one call; a sequence ends at a line break."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    ends = [tokenizer.eos_token_id, *tokenizer.encode("\n", add_special_tokens=False)]

    def sample(prompt: Prompt, config: GenerationConfig) -> tuple[int, int]:
        ids = tokenizer(prompt.messages[0].content, return_tensors="pt")
        at_once = sequences or config.num_return_sequences
        texts = max(1, config.num_return_sequences // 4) if at_once == 1 else config.num_return_sequences
        settings = config.model_dump(include={"max_new_tokens", "temperature", "top_p", "top_k"})
        tokens = 0
        for _ in range(texts // at_once):
            out = model.generate(**ids, **settings, do_sample=True, eos_token_id=ends, num_return_sequences=at_once)
            new = out[:, ids["input_ids"].shape[1] :]
            tokens += int((new != tokenizer.pad_token_id).sum())
        return tokens, texts

    return sample


def glocal_row(parts: Parts, model_id: str) -> Row:
    """The project's own generator."""
    generator = TransformersGenerator.from_store(parts.models, parts.card(model_id))
    tokenizer = AutoTokenizer.from_pretrained(parts.models.folder(model_id))

    def sample(prompt: Prompt, config: GenerationConfig) -> tuple[int, int]:
        samples = generator.generate(prompt, config)
        tokens = sum(len(tokenizer.encode(s.text, add_special_tokens=False)) + s.finished for s in samples)
        return tokens, len(samples)

    return sample


def main() -> None:
    """Print a table for each locale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--locales", default="es-MX,ja-JP,ar-AE")
    parser.add_argument("--workspace", type=Path, default=Path())
    args = parser.parse_args()
    parts = build(args.workspace).with_sampling(candidates=args.candidates, seed=0)
    work = plans(parts, args.locales.split(","))
    folder = parts.models.folder(work[0].card.id)
    rows = {"one by one": plain_row(folder, 1), "generate": plain_row(folder, None)}
    rows["glocal"] = glocal_row(parts, work[0].card.id)
    print(f"{work[0].card.id}, {torch.get_num_threads()} threads, {args.candidates} candidates")
    for plan in work:
        base = None
        for name, row in rows.items():
            torch.manual_seed(0)
            start = time.perf_counter()
            tokens, texts = row(plan.prompt, plan.provenance.generation)
            seconds = time.perf_counter() - start
            rate, base = tokens / seconds, base or tokens / seconds
            unit = seconds / texts * args.candidates
            print(f"{plan.unit.locale}  {name:11s} {rate:7.1f} tokens/s  {unit:6.1f} s a unit  x{rate / base:.1f}")


if __name__ == "__main__":
    main()
