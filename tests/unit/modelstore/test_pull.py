from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from pipeline.domain.model_card import ModelCard
from pipeline.errors import DataError, DiskFull, ModelMissing, UnsafeModel
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import FolderSource, PackageSource, Unpack
from pipeline.modelstore.store import ModelStore


def leftovers(store: ModelStore) -> list[str]:
    """What is in the store besides models and lock files."""
    return [path.name for path in store.root.iterdir() if path.name.startswith(".") and path.suffix != ".lock"]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def pull(store: ModelStore, card: ModelCard, unpack: Unpack, said: list[str]) -> Callable[..., object]:
    """Pull the tiny model, with what the test sets otherwise."""

    def pull(
        *, card: ModelCard = card, unpack: Unpack = unpack, source_folder: Path | None = None, force: bool = False
    ) -> object:
        source = FolderSource(source_folder) if source_folder else PackageSource(unpack)
        return pull_model(store, card, source, Dialogue(said.append), force=force)

    return pull


def test_a_pulled_model_verifies_and_says_where_it_came_from(
    store: ModelStore, card: ModelCard, pull: Callable
) -> None:
    """The manifest names source and licence, and nothing else is left in the store."""
    manifest = pull()

    assert store.verify(card.id) == manifest
    assert (manifest.source, manifest.licence, manifest.revision) == ("pypi:tiny-weights==1.0.0", "Apache-2.0", None)
    assert leftovers(store) == []


def test_every_user_of_the_machine_may_read_a_pulled_model(
    store: ModelStore, card: ModelCard, pull: Callable, model_folder: Path
) -> None:
    """A worker may run as another user than the one who pulled; libraries write weights for their owner only."""

    def private(_card: ModelCard, folder: Path) -> str:
        shutil.copyfile(model_folder / "model.safetensors", folder / "model.safetensors")
        (folder / "model.safetensors").chmod(0o600)
        return "pypi:tiny-weights==1.0.0"

    pull(unpack=private)

    modes = {path.stat().st_mode & 0o777 for path in store.folder(card.id).iterdir()}
    assert (store.folder(card.id).stat().st_mode & 0o777, modes) == (0o755, {0o644})


def test_the_licence_is_shown_before_anything_is_written(pull: Callable, said: list[str]) -> None:
    """Gemma's terms, for one, ask for it."""
    pull()

    assert said[0] == "acme/tiny-1: licence Apache-2.0, https://example.org/licence"


def test_a_second_pull_changes_nothing(pull: Callable, said: list[str]) -> None:
    """The package is not even asked for."""

    def never(_card: ModelCard, _folder: Path) -> NoReturn:
        raise AssertionError

    first = pull()

    assert pull(unpack=never) == first
    assert said[-1] == "acme/tiny-1: already in the model store"


def test_a_model_with_a_file_cut_short_is_pulled_again(store: ModelStore, card: ModelCard, pull: Callable) -> None:
    """What lies there must at least have the right sizes to be left alone."""
    pull()
    (store.folder(card.id) / "tokenizer.json").write_bytes(b"")

    pull()

    store.verify(card.id)


def test_force_replaces_what_is_there(store: ModelStore, card: ModelCard, pull: Callable) -> None:
    """Damage that keeps the size is mended so, as the hint of ModelDamaged says."""
    pull()
    path = store.folder(card.id) / "config.json"
    path.write_bytes(path.read_bytes().replace(b"llama", b"lLama"))

    pull(force=True)

    store.verify(card.id)
    assert leftovers(store) == []


def test_a_folder_is_taken_over_without_what_nobody_loads(
    store: ModelStore, card: ModelCard, pull: Callable, model_folder: Path
) -> None:
    """Read-me files and images stay behind, as does a manifest of some other store."""
    for name in ("README.md", "sample.png", "manifest.json"):
        (model_folder / name).write_text("{}", encoding="utf-8")
    (model_folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")

    manifest = pull(source_folder=model_folder)

    assert sorted(manifest.files) == ["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"]
    assert manifest.source == "folder:downloaded"
    assert store.has(card.id)


@pytest.mark.parametrize("name", ["modeling.py", "pytorch_model.bin"])
def test_a_hostile_folder_leaves_nothing_behind(
    store: ModelStore, card: ModelCard, pull: Callable, model_folder: Path, name: str
) -> None:
    """It is refused as a whole: leaving out the bad file would hide what it is."""
    (model_folder / name).write_bytes(b"")

    with pytest.raises(UnsafeModel, match=name):
        pull(source_folder=model_folder)

    assert not store.has(card.id)
    assert leftovers(store) == []


def test_a_failing_unpacker_leaves_the_old_model_as_it_was(store: ModelStore, card: ModelCard, pull: Callable) -> None:
    """Nothing is replaced before its successor is whole."""

    def fail(_card: ModelCard, folder: Path) -> NoReturn:
        (folder / "model.safetensors").write_bytes(b"half")
        message = "interrupted"
        raise RuntimeError(message)

    first = pull()
    with pytest.raises(RuntimeError, match="interrupted"):
        pull(unpack=fail, force=True)

    assert store.verify(card.id) == first
    assert leftovers(store) == []


def test_what_a_killed_pull_left_is_cleared_away(store: ModelStore, pull: Callable) -> None:
    """A machine that lost power does not fill up with halves."""
    half = store.root / ".acme--tiny-1.pull-dead"
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"half")

    pull()

    assert leftovers(store) == []


def test_a_card_without_a_package_asks_for_a_folder(pull: Callable, card: ModelCard, store: ModelStore) -> None:
    """The hint is the command, ready to be copied."""
    with pytest.raises(ModelMissing, match="no installed package carries acme/tiny-1") as caught:
        pull(card=card.model_copy(update={"package": None}))

    assert "glocal models pull acme/tiny-1 --from DIR" in caught.value.hint
    assert leftovers(store) == []


def test_a_folder_that_is_not_there_is_named(pull: Callable, tmp_path: Path) -> None:
    """A typing error in --from is not an empty model."""
    with pytest.raises(ModelMissing, match="nowhere is not a folder"):
        pull(source_folder=tmp_path / "nowhere")


def test_a_wrong_folder_is_named_also_when_the_model_is_there(pull: Callable, tmp_path: Path) -> None:
    """A folder that does not exist is a mistake, whatever the store holds."""
    pull()
    with pytest.raises(ModelMissing, match="is not a folder"):
        pull(source_folder=tmp_path / "nowhere")


def test_a_store_that_cannot_be_written_is_said_so(card: ModelCard, unpack: Unpack, tmp_path: Path) -> None:
    """A file where the store should be: one error that names the place and how to choose another."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="it cannot be written") as caught:
        pull_model(ModelStore(tmp_path / "file" / "models"), card, PackageSource(unpack), Dialogue(print))
    assert "GLOCAL_MODELS" in caught.value.hint


def test_room_is_looked_for_before_anything_is_written(pull: Callable, card: ModelCard, store: ModelStore) -> None:
    """A model of a million billion parameters fits nowhere; its package is not asked for."""

    def never(_card: ModelCard, _folder: Path) -> NoReturn:
        raise AssertionError

    with pytest.raises(DiskFull, match="GB free"):
        pull(card=card.model_copy(update={"parameters_b": 1e6}), unpack=never)

    assert leftovers(store) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        RuntimeError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_disk_that_fills_up_on_the_way_is_said_so(
    pull: Callable, card: ModelCard, store: ModelStore, error: Exception
) -> None:
    """Also where a library wraps it in an exception of its own; nothing half-written stays."""

    def fill_up(_card: ModelCard, folder: Path) -> NoReturn:
        (folder / "model.safetensors").write_bytes(b"half")
        raise error

    with pytest.raises(DiskFull, match="ran out of room"):
        pull(unpack=fill_up)

    assert not store.has(card.id)
    assert leftovers(store) == []


def test_a_disk_that_fills_up_during_a_copy_is_said_so(
    pull: Callable, store: ModelStore, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same from a folder as from a package."""

    def fill_up(_source: Path, target: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(shutil, "copyfile", fill_up)

    with pytest.raises(DiskFull):
        pull(source_folder=model_folder)

    assert leftovers(store) == []


def _pull_in_another_process(root: Path, card: ModelCard, source: Path, log: Path, barrier: object) -> None:
    """Pull once all are ready; unpacking takes its time, and leaves a line in the log."""

    def unpack(_card: ModelCard, folder: Path) -> str:
        with log.open("a") as lines:
            lines.write("unpacked\n")
        for path in source.iterdir():
            shutil.copyfile(path, folder / path.name)
        time.sleep(0.2)
        return "pypi:tiny-weights==1.0.0"

    barrier.wait()  # type: ignore[attr-defined]
    store = ModelStore(root)
    pull_model(store, card, PackageSource(unpack), Dialogue(lambda _: None))
    store.verify(card.id)


def test_two_processes_that_pull_at_once_do_not_harm_each_other(
    store: ModelStore, card: ModelCard, model_folder: Path, tmp_path: Path
) -> None:
    """One unpacks, the other waits and finds the model there."""
    context = multiprocessing.get_context("spawn")
    log, barrier = tmp_path / "log", context.Barrier(2)
    arguments = (store.root, card, model_folder, log, barrier)
    processes = [context.Process(target=_pull_in_another_process, args=arguments) for _ in range(2)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)

    assert [process.exitcode for process in processes] == [0, 0]
    assert log.read_text() == "unpacked\n"
    assert leftovers(store) == []
