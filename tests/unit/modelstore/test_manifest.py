from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import ModelDamaged
from pipeline.modelstore.manifest import Manifest, file_digest, read_manifest, record_files, write_manifest


def manifest_of(folder: Path) -> Manifest:
    return Manifest(
        model_id="acme/tiny-1",
        revision="a" * 40,
        source="pypi:tiny-weights==1.0.0",
        licence="Apache-2.0",
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        files=record_files(folder),
    )


def test_a_manifest_survives_being_written_and_read(model_folder: Path) -> None:
    """What is read is what was written, time zone included."""
    manifest = manifest_of(model_folder)

    write_manifest(model_folder, manifest)

    assert read_manifest(model_folder) == manifest


def test_every_file_is_recorded_but_the_manifest_itself(model_folder: Path) -> None:
    """Subfolders are recorded with `/`, and recording twice gives the same."""
    (model_folder / "1_Pooling").mkdir()
    (model_folder / "1_Pooling" / "config.json").write_text("{}", encoding="utf-8")
    first = record_files(model_folder)

    write_manifest(model_folder, manifest_of(model_folder))

    assert record_files(model_folder) == first
    assert sorted(first) == ["1_Pooling/config.json", "config.json", "model.safetensors", "tokenizer.json"]


def test_a_file_digest_is_plain_sha_256(model_folder: Path) -> None:
    """Anybody can check it with sha256sum."""
    path = model_folder / "config.json"

    assert file_digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_the_weights_digest_changes_with_any_file(model_folder: Path, name: str) -> None:
    """Also a tokenizer or a configuration makes other copy."""
    before = manifest_of(model_folder).weights_digest

    (model_folder / name).write_bytes(b"other")

    assert manifest_of(model_folder).weights_digest != before


def test_the_weights_digest_does_not_depend_on_when_or_whence(model_folder: Path) -> None:
    """The same files are the same model, wherever they were pulled from."""
    manifest = manifest_of(model_folder)
    other = manifest.model_copy(update={"source": "folder:usb-stick", "created_at": datetime(2027, 1, 1, tzinfo=UTC)})

    assert other.weights_digest == manifest.weights_digest


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"files": {}}', "\xff"])
def test_a_file_that_is_no_manifest_counts_as_damage(tmp_path: Path, content: str) -> None:
    """A half-written manifest stops the load, with the way out in the hint."""
    (tmp_path / "manifest.json").write_text(content, encoding="latin-1")

    with pytest.raises(ModelDamaged, match=r"manifest\.json cannot be read") as caught:
        read_manifest(tmp_path)

    assert "--force" in caught.value.hint
