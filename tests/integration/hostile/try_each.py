"""Gives every folder below one to the model store, by pulling it and by loading what a store already has.

    python try_each.py FOLDERS STORES

Prints one JSON object: for each folder how both ended.
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipeline.domain.model_card import ModelCard
from pipeline.errors import GlocalError
from pipeline.modelstore.manifest import FileRecord, Manifest, file_digest, write_manifest
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import FolderSource
from pipeline.modelstore.store import ModelStore

CARD = ModelCard(
    id="acme/tiny-1",
    name="Tiny",
    role="generator",
    developer="Acme",
    developer_country="DE",
    jurisdiction="EU",
    parameters_b=0.001,
    architecture="llama",
    auto_class="AutoModelForCausalLM",
    languages=("de",),
    licence="MIT",
    commercial_use="yes",
    commercial_reason="MIT",
    verified=True,
    sources=("made up",),
)


def pull(folder: Path, root: Path) -> str:
    """How pulling from a folder ends; a store that was refused something must stay empty."""
    store = ModelStore(root)
    try:
        pull_model(store, CARD, FolderSource(folder), Dialogue(lambda _: None))
    except GlocalError as error:
        assert not any(path.is_dir() for path in root.iterdir()), list(root.iterdir())
        return f"{error.code}: {error}"
    return "pulled"


def load(folder: Path, root: Path) -> str:
    """How loading ends when the folder lies in the store already, with a manifest that knows every plain file."""
    store = ModelStore(root)
    place = store.path_for(CARD.id)
    place.parent.mkdir(parents=True)
    # A folder with a pipe in it can be moved, but not copied.
    folder.rename(place)
    plain = [path for path in sorted(place.rglob("*")) if path.is_file() and not path.is_symlink()]
    files = {
        path.relative_to(place).as_posix(): FileRecord(sha256=file_digest(path), size=path.stat().st_size)
        for path in plain
    }
    now = datetime.now(UTC)
    write_manifest(
        place, Manifest(model_id=CARD.id, revision=None, source="made up", licence="MIT", created_at=now, files=files)
    )
    try:
        store.verified(CARD.id)
    except GlocalError as error:
        return f"{error.code}: {error}"
    finally:
        place.rename(folder)
        shutil.rmtree(root)
    return "loaded"


if __name__ == "__main__":
    folders, stores = Path(sys.argv[1]), Path(sys.argv[2])
    found = {
        folder.name: [pull(folder, stores / "pull" / folder.name), load(folder, stores / "load" / folder.name)]
        for folder in sorted(folders.iterdir())
    }
    json.dump(found, sys.stdout)
