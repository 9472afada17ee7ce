"""An export: copy, and a manifest that proves where it came from."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from pydantic import ValidationError

import pipeline
from pipeline.domain.approved import ApprovedText
from pipeline.domain.decision import Decision
from pipeline.domain.value import text_digest
from pipeline.errors import DataError, DiskFull, UsageError
from pipeline.export.bundle import NOTICE, Bundle, write_bundle
from pipeline.export.formats import EXPORTERS
from pipeline.resources import jsonl

Approve = Callable[..., ApprovedText]


def write(folder: Path, items: list[ApprovedText], format_name: str = "jsonl") -> Bundle:
    return write_bundle(
        items,
        campaign="spring",
        region="eu",
        format_name=format_name,
        folder=folder,
        exported_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    )


def manifest_of(bundle: Bundle) -> dict[str, Any]:
    return dict(json.loads(bundle.manifest_file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("format_name", EXPORTERS)
def test_the_manifest_digests_the_file(tmp_path: Path, approve: Approve, format_name: str) -> None:
    """The manifest names its file and holds the SHA-256 of exactly its bytes."""
    bundle = write(tmp_path / "out", [approve(), approve("ماء", locale="ar-AE")], format_name)
    manifest = manifest_of(bundle)
    assert bundle.copy_file == tmp_path / "out" / f"spring.{format_name}"
    assert bundle.count == len(manifest["items"]) == 2
    assert manifest["file"] == bundle.copy_file.name
    assert manifest["sha256"] == hashlib.sha256(bundle.copy_file.read_bytes()).hexdigest()


def test_the_manifest_says_what_is_needed_to_prove_it(tmp_path: Path, approve: Approve) -> None:
    """Campaign, region, moment, version and notice; for each text its decision and its whole provenance."""
    item = approve()
    manifest = manifest_of(write(tmp_path, [item]))
    assert {name: manifest[name] for name in ("campaign", "region", "exported_at", "glocal_version", "notice")} == {
        "campaign": "spring",
        "region": "eu",
        "exported_at": "2026-06-01T12:00:00+00:00",
        "glocal_version": pipeline.__version__,
        "notice": NOTICE,
    }
    (entry,) = manifest["items"]
    assert entry["unit"] == "line/de-DE"
    assert entry["draft_id"] == "d1"
    assert entry["text_sha256"] == text_digest(item.text)
    assert entry["decision"]["reviewer"] == "Anna"
    assert entry["provenance"]["fingerprint"] == item.provenance.fingerprint


def test_an_export_replaces_the_one_before(tmp_path: Path, approve: Approve) -> None:
    """The same campaign and format is the same file, whole and new; other formats stay beside it."""
    write(tmp_path, [approve("Alt."), approve("Auch alt.")])
    write(tmp_path, [approve("Tabelle.")], "csv")
    bundle = write(tmp_path, [approve("Neu.")])
    assert bundle.copy_file.read_text(encoding="utf-8").count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "spring.csv",
        "spring.csv.manifest.json",
        "spring.jsonl",
        "spring.jsonl.manifest.json",
    ]


def test_an_unknown_format_is_wrong_use(tmp_path: Path, approve: Approve) -> None:
    """A format that nobody wrote is told with those there are, before anything is written."""
    with pytest.raises(UsageError, match="there is no format 'xliff'") as caught:
        write(tmp_path / "out", [approve()], "xliff")
    assert caught.value.hint == "Formats: jsonl, csv."
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_no_folder_is_told(tmp_path: Path, approve: Approve) -> None:
    """Where the folder cannot be, nothing is written and the place is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="it cannot be written"):
        write(tmp_path / "file", [approve()])


@pytest.mark.parametrize("exported_before", [False, True])
def test_a_full_disk_leaves_what_was_there(
    tmp_path: Path, approve: Approve, monkeypatch: pytest.MonkeyPatch, *, exported_before: bool
) -> None:
    """No copy without its manifest: an older export stays whole, and where there was none there is none."""
    if exported_before:
        write(tmp_path, [approve("Alt.")])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real = jsonl._write_all

    def full_at_the_manifest(stream: BinaryIO, chunks: Iterable[bytes]) -> int:
        content = list(chunks)
        if b"sha256" in content[0]:
            raise OSError(errno.ENOSPC, "no space")
        return real(stream, content)

    monkeypatch.setattr(jsonl, "_write_all", full_at_the_manifest)
    with pytest.raises(DiskFull, match=r"spring\.jsonl\.manifest\.json: there is no room left"):
        write(tmp_path, [approve("Neu.")])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_decision_about_another_text_is_no_approval(approve: Approve) -> None:
    """Approved text cannot be made with a decision that is bound to another text: not by one character."""
    item = approve("Kaltes Wasser.")
    other: Decision = item.decision.model_copy(update={"text_sha256": text_digest("Kaltes Wasser!")})
    with pytest.raises(ValidationError, match="the decision is about another text"):
        approve("Kaltes Wasser.", decision=other)
