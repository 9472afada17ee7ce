"""Bringing a model into the store: whole and checked, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pipeline.domain.model_card import ModelCard
from pipeline.errors import NO_ROOM, DataError, DiskFull, HubError, ModelMissing, UsageError
from pipeline.modelstore.acceptance import Accept, require_acceptance
from pipeline.modelstore.lock import exclusive_lock
from pipeline.modelstore.manifest import Manifest, record_files, write_manifest
from pipeline.modelstore.safety import refuse_unsafe
from pipeline.modelstore.settings_safety import shards_of
from pipeline.modelstore.sources import Delivery, Progress, Report, Source, unseen
from pipeline.modelstore.store import ModelStore

_ELSEWHERE = "Choose a place that you may write to: GLOCAL_MODELS=FOLDER."

SPARE_ROOM = 256 * 1024**2
"""Bytes that must stay free on the disk when a model has come in: the database is often on the same one."""

ONLY_TO_EVALUATE = frozenset({"no", "unknown"})


@dataclass(frozen=True)
class Dialogue:
    """How a pull speaks with whoever asked for it: lines, a question, and how far a transfer has come."""

    report: Report
    accept: Accept = lambda _: False
    progress: Progress = unseen


def pull_model(
    store: ModelStore, card: ModelCard, source: Source, dialogue: Dialogue, *, force: bool = False
) -> Manifest:
    """Fill the store with one model.

    A model that is there in full is left alone unless `force`. Two processes may pull the same model at once:
    the second waits and finds it there. Raises ModelMissing where there is no source, TermsNotAccepted,
    UnsafeModel, HubError or DiskFull; then the store is as it was. Of a download that was cut off, what arrived is
    kept out of sight for the next attempt.
    """
    report = dialogue.report
    with _disk_faults_as_errors(store.root):
        store.root.mkdir(parents=True, exist_ok=True)
        waiting = f"{card.id}: another process is pulling it, waiting"
        with exclusive_lock(_lock_path(store, card), lambda: report(waiting)):
            if store.is_complete(card.id) and not force:
                report(f"{card.id}: already in the model store")
                return _as_wanted(store.manifest(card.id), source)
            return _pull(store, card, source, dialogue)


def _as_wanted(manifest: Manifest, source: Source) -> Manifest:
    if source.revision not in {None, manifest.revision}:
        known = f"at commit {manifest.revision}" if manifest.revision else "of an unknown commit"
        raise UsageError(
            f"the store has {manifest.model_id} {known}, not {source.revision}", hint="Replace it with --force."
        )
    return manifest


def _pull(store: ModelStore, card: ModelCard, source: Source, dialogue: Dialogue) -> Manifest:
    report = dialogue.report
    _show_terms(card, report)
    attempt = source.prepare(card)
    acceptance = require_acceptance(store.root, card, dialogue.accept) if source.asks_for_terms else None
    with _work_folder(store, card, attempt, source) as work:
        _require_room(store.root, source.size(card) - _size_below(work))
        report(f"{card.id}: reading {attempt}")
        model = work / "model"
        model.mkdir(exist_ok=True)
        delivery = source.fill(card, model, work / "spare")
        refuse_unsafe(model)
        _refuse_incomplete(model)
        report(f"{card.id}: recording digests")
        manifest = _describe(card, delivery, model, accepted_terms=acceptance.terms if acceptance else None)
        _move_into_place(model, store.path_for(card.id), work / "replaced")
    report(f"{card.id}: ready, {manifest.size / 1e6:.0f} MB, weights {manifest.weights_digest[:12]}")
    return manifest


def _show_terms(card: ModelCard, report: Report) -> None:
    report(f"{card.id}: licence {card.licence}" + (f", {card.licence_url}" if card.licence_url else ""))
    report(f"{card.id}: commercial use: {card.commercial_use}, {card.commercial_reason}")
    if card.commercial_use in ONLY_TO_EVALUATE:
        report(f"{card.id}: to be evaluated only: no market's policy lets it write")


def _refuse_incomplete(model: Path) -> None:
    """Raise ModelMissing when an index names weights that are not there."""
    for index in model.rglob("*.index.json"):
        missing = [name for name in shards_of(index) if not (index.parent / name).is_file()]
        if missing and not (index.parent / "model.safetensors").is_file():
            raise ModelMissing(
                f"{index.name} names {missing[0]!r}, which is not there", hint="Download the rest of the files first."
            )


def _describe(card: ModelCard, delivery: Delivery, folder: Path, *, accepted_terms: str | None) -> Manifest:
    """Write the manifest of what a folder now holds; see that all of it is on the disk, for every user to read."""
    manifest = Manifest(
        model_id=card.id,
        revision=delivery.revision,
        source=delivery.source,
        licence=card.licence,
        accepted_terms=accepted_terms,
        created_at=datetime.now(UTC),
        files=record_files(folder),
    )
    write_manifest(folder, manifest)
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o755 if path.is_dir() else 0o644)
        _flush(path)
    return manifest


def _require_room(root: Path, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if free < needed + SPARE_ROOM:
        raise DiskFull(f"{root} has {free / 1e9:.1f} GB free, and the model needs about {needed / 1e9:.1f} GB")


def _size_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _lock_path(store: ModelStore, card: ModelCard) -> Path:
    return store.root / f".{store.path_for(card.id).name}.lock"


@contextmanager
def _work_folder(store: ModelStore, card: ModelCard, attempt: str, source: Source) -> Iterator[Path]:
    """A folder beside the model's place, gone afterwards; all that other attempts left there is cleared away.

    Where the source can go on with what a cut-off download left, the same attempt finds it there again.
    """
    prefix = f".{store.path_for(card.id).name}.pull-"
    work = store.root / f"{prefix}{sha256(attempt.encode()).hexdigest()[:40]}"
    for other in store.root.glob(f"{prefix}*"):
        if other != work or not source.resumable:
            shutil.rmtree(other, ignore_errors=True)
    work.mkdir(exist_ok=True)
    try:
        yield work
    except BaseException as error:
        if not (source.resumable and _may_go_on(error)):
            shutil.rmtree(work, ignore_errors=True)
        raise
    shutil.rmtree(work, ignore_errors=True)


def _may_go_on(error: BaseException) -> bool:
    """Whether the next attempt may use what this one left: it was cut off, and neither unsafe nor out of room."""
    return isinstance(error, HubError | KeyboardInterrupt)


def _move_into_place(model: Path, place: Path, replaced: Path) -> None:
    """Put a finished folder where the store looks for it; an older one steps aside first and is then removed."""
    if place.exists():
        shutil.rmtree(replaced, ignore_errors=True)
        place.rename(replaced)
    model.rename(place)
    _flush(place.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk_faults_as_errors(root: Path) -> Iterator[None]:
    """Turn "no space left" into DiskFull, also where a library has wrapped it, and other faults into DataError."""
    try:
        yield
    except DiskFull:
        raise
    except Exception as error:
        if getattr(error, "errno", None) in NO_ROOM or "No space left on device" in str(error):
            raise DiskFull(f"{root} ran out of room while a model was written") from error
        if isinstance(error, OSError) and error.strerror:
            raise DataError(f"it cannot be written: {error.strerror}", path=root, hint=_ELSEWHERE) from error
        raise
