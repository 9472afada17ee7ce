"""The folder of verified weights, as the rest of Glocal sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelDamaged, ModelMissing
from pipeline.modelstore.manifest import (
    MANIFEST_NAME,
    FileRecord,
    Manifest,
    file_digest,
    model_files,
    read_manifest,
)
from pipeline.modelstore.safety import WEIGHTS, refuse_unsafe


@dataclass(frozen=True)
class ModelStore:
    """A folder with one folder for each model, `<org>--<name>`, each with its manifest."""

    root: Path

    def ids(self) -> list[str]:
        """The ids of all stored models, sorted; an absent store is an empty one."""
        manifests = self.root.glob(f"*/{MANIFEST_NAME}")
        names = (path.parent.name for path in manifests if not path.parent.name.startswith("."))
        return sorted(name.replace("--", "/", 1) for name in names)

    def folders(self) -> list[str]:
        """The ids of all models that have a folder, sorted, also of those whose manifest is gone."""
        names = (path.name for path in self.root.glob("*--*") if path.is_dir() and not path.name.startswith("."))
        return sorted(name.replace("--", "/", 1) for name in names)

    def has(self, model_id: str) -> bool:
        """Whether a model is stored; says nothing of whether it is intact."""
        return (self.path_for(model_id) / MANIFEST_NAME).is_file()

    def path_for(self, model_id: str) -> Path:
        """Where a model stands or would stand."""
        return self.root / model_id.replace("/", "--")

    def folder(self, model_id: str) -> Path:
        """A stored model's folder, unverified; raises ModelMissing when there is none."""
        if not self.has(model_id):
            raise ModelMissing(
                f"the weights of {model_id} are not in the model store", hint=f"Pull it: glocal models pull {model_id}."
            )
        return self.path_for(model_id)

    def manifest(self, model_id: str) -> Manifest:
        """What a stored model should consist of; raises ModelMissing or ModelDamaged."""
        return read_manifest(self.folder(model_id))

    def weights_digest(self, model_id: str) -> str:
        """SHA-256 (hex) over the recorded digests of all files of a model."""
        return self.manifest(model_id).weights_digest

    def verify(self, model_id: str) -> Manifest:
        """Hash every file again; raises ModelDamaged naming the first file that differs, or UnsafeModel."""
        manifest, folder = self.manifest(model_id), self.folder(model_id)
        _require_readable(manifest)
        if manifest.model_id != model_id:
            raise ModelDamaged(f"{model_id}: its manifest is that of {manifest.model_id}")
        for path, record in manifest.files.items():
            _require_recorded(model_id, folder, path, record)
        for found in model_files(folder):
            path = found.relative_to(folder).as_posix()
            if path not in manifest.files:
                raise ModelDamaged(f"{model_id}: {path} is not in the manifest")
        refuse_unsafe(folder)
        return manifest

    def verified(self, model_id: str) -> Path:
        """A stored model's folder, fit to be loaded: every digest as recorded, and nothing that could run code."""
        self.verify(model_id)
        return self.folder(model_id)

    def is_complete(self, model_id: str) -> bool:
        """Whether every recorded file is there in its recorded size: quick, and blind to changed bytes."""
        if not self.has(model_id):
            return False
        folder = self.folder(model_id)
        try:
            manifest = self.manifest(model_id)
            _require_readable(manifest)
            files = manifest.files
            return all((folder / path).stat().st_size == record.size for path, record in files.items())
        except (OSError, ModelDamaged):
            return False


def _require_readable(manifest: Manifest) -> None:
    """Earlier versions stored an encoder in the form of an engine that is no longer used."""
    if not any(path.endswith(WEIGHTS) for path in manifest.files):
        raise ModelDamaged(
            f"{manifest.model_id}: this version does not read weights of the stored form",
            hint=f"Pull it again: glocal models pull {manifest.model_id}.",
        )


def _require_recorded(model_id: str, folder: Path, path: str, record: FileRecord) -> None:
    file = folder / path
    # A link could lead to a large or endless file: it is refused before it is read.
    if file.is_symlink() or not file.is_file():
        raise ModelDamaged(f"{model_id}: {path} is missing")
    if file.stat().st_size != record.size or file_digest(file) != record.sha256:
        raise ModelDamaged(f"{model_id}: {path} differs from its recorded digest")
