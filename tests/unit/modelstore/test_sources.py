"""Folders as people have them: plain downloads, and snapshots in the cache of huggingface_hub."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.domain.model_card import ModelCard
from pipeline.errors import ModelMissing, UnsafeModel, UsageError
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import FolderSource
from pipeline.modelstore.store import ModelStore

if TYPE_CHECKING:
    from pipeline.modelstore.manifest import Manifest

COMMIT = "0123456789abcdef" * 2 + "01234567"

Pull = Callable[..., "Manifest"]


@pytest.fixture
def pull(store: ModelStore, card: ModelCard) -> Pull:
    def pull(folder: Path, revision: str | None = None) -> Manifest:
        return pull_model(store, card, FolderSource(folder, revision), Dialogue(lambda _: None))

    return pull


@pytest.fixture
def snapshot(model_folder: Path, tmp_path: Path) -> Path:
    """What huggingface_hub leaves: links in a folder named by its commit, and what they show beside it."""
    repository = tmp_path / "hub" / "models--acme--tiny-1"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    for number, path in enumerate(sorted(model_folder.iterdir())):
        shutil.move(path, repository / "blobs" / f"blob{number}")
        (snapshot / path.name).symlink_to(f"../../blobs/blob{number}")
    return snapshot


def test_a_snapshot_of_the_cache_is_copied_with_its_commit(store: ModelStore, pull: Pull, snapshot: Path) -> None:
    """The store gets plain files, and the commit from the folder's name."""
    manifest = pull(snapshot)

    assert manifest.revision == COMMIT
    assert not any(path.is_symlink() for path in store.folder("acme/tiny-1").rglob("*"))
    assert store.verify("acme/tiny-1") == manifest


def test_a_snapshot_may_be_named_by_a_link(pull: Pull, snapshot: Path, tmp_path: Path) -> None:
    """Where the folder really is decides what its links may show."""
    (tmp_path / "here").symlink_to(snapshot)
    assert pull(tmp_path / "here").revision == COMMIT


def test_blobs_that_a_cache_shares_are_followed(pull: Pull, snapshot: Path) -> None:
    """Newer caches keep large files once, for all repositories, and link to them a second time."""
    blob = snapshot.resolve().parents[1] / "blobs" / "blob0"
    shared = snapshot.resolve().parents[2] / "blobs" / "ab"
    shared.mkdir(parents=True)
    shutil.move(blob, shared / "abcdef")
    blob.symlink_to("../../blobs/ab/abcdef")
    assert pull(snapshot).revision == COMMIT


@pytest.mark.parametrize("target", ["../../../../secret", "../../../models--acme--other/blobs/x", "../../refs/main"])
def test_a_link_out_of_the_blobs_is_refused(pull: Pull, snapshot: Path, store: ModelStore, target: str) -> None:
    """Neither a file of this machine, nor another model's, nor the cache's own notes."""
    link = snapshot / "vocab.txt"
    link.symlink_to(target)
    there = snapshot / target
    (snapshot.parents[1] / "refs").mkdir()
    there.parent.resolve().mkdir(parents=True, exist_ok=True)
    there.resolve().write_text("secret")
    assert link.read_text() == "secret"

    with pytest.raises(UnsafeModel, match=r"vocab\.txt is a link"):
        pull(snapshot)
    assert not store.has("acme/tiny-1")


def test_a_link_to_a_folder_of_blobs_is_refused(pull: Pull, snapshot: Path) -> None:
    """A snapshot links files; whoever links folders means something else."""
    (snapshot / "sub").symlink_to("../../blobs")
    with pytest.raises(UnsafeModel, match="sub is a link"):
        pull(snapshot)


def test_links_in_any_other_folder_are_refused(pull: Pull, model_folder: Path) -> None:
    """Only the cache has a reason for them."""
    (model_folder / "blobs").mkdir()
    shutil.move(model_folder / "config.json", model_folder / "blobs" / "x")
    (model_folder / "config.json").symlink_to("blobs/x")
    with pytest.raises(UnsafeModel, match=r"config\.json is a link"):
        pull(model_folder)


def test_a_linked_file_is_looked_at_like_any_other(pull: Pull, snapshot: Path) -> None:
    """What hides behind a blob's name has the danger of its content."""
    (snapshot.parents[1] / "blobs" / "evil").write_text('{"auto_map": {}}')
    (snapshot / "generation_config.json").symlink_to("../../blobs/evil")
    with pytest.raises(UnsafeModel, match="auto_map"):
        pull(snapshot)


def test_a_commit_can_be_given_with_a_plain_folder(pull: Pull, model_folder: Path) -> None:
    """Whoever downloaded it may know which commit it was."""
    assert pull(model_folder, COMMIT).revision == COMMIT


def test_a_folder_without_a_commit_has_none(pull: Pull, model_folder: Path) -> None:
    """What the card pins says nothing of what a folder holds."""
    assert pull(model_folder).revision is None


def test_a_snapshot_of_another_commit_is_not_taken_for_the_one_asked_for(snapshot: Path) -> None:
    """Its name says which it is."""
    with pytest.raises(UsageError, match="another commit"):
        FolderSource(snapshot, "f" * 40)


def test_what_the_client_notes_down_stays_behind(pull: Pull, model_folder: Path) -> None:
    """`hf download --local-dir` leaves a hidden folder of its own; the licence comes along."""
    (model_folder / ".cache/huggingface").mkdir(parents=True)
    (model_folder / ".cache/huggingface/notes.json").write_text("{}")
    (model_folder / "LICENSE").write_text("Do as you like.")
    assert sorted(pull(model_folder).files) == ["LICENSE", "config.json", "model.safetensors", "tokenizer.json"]


def test_an_unfinished_download_is_told(pull: Pull, model_folder: Path) -> None:
    """An index names shards; one that is missing is missed before the model is loaded."""
    (model_folder / "model.safetensors").rename(model_folder / "model-00001-of-00002.safetensors")
    (model_folder / "model.safetensors.index.json").write_text(
        '{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}'
    )
    with pytest.raises(ModelMissing, match="model-00002-of-00002"):
        pull(model_folder)
