"""An export: one file of copy and a manifest that proves where each text came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pipeline
from pipeline.domain.approved import ApprovedText
from pipeline.errors import UsageError
from pipeline.export.formats import EXPORTERS
from pipeline.resources.jsonl import write_together

NOTICE = "Drafted by a language model and approved by the named human reviewer. Glocal gives no legal advice."


@dataclass(frozen=True)
class Bundle:
    """The files of one export."""

    copy_file: Path
    manifest_file: Path
    count: int


def write_bundle(
    items: Sequence[ApprovedText], *, campaign: str, region: str, format_name: str, folder: Path, exported_at: datetime
) -> Bundle:
    """Write `<campaign>.<format>`, then its `.manifest.json`; whole or not at all, and no copy without its manifest."""
    require_format(format_name)
    copy_file = folder / f"{campaign}.{format_name}"
    content = b"".join(EXPORTERS[format_name](items))
    manifest = {
        "campaign": campaign,
        "region": region,
        "exported_at": exported_at.isoformat(),
        "glocal_version": pipeline.__version__,
        "file": copy_file.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "notice": NOTICE,
        "items": [_entry(item) for item in items],
    }
    manifest_file = folder / f"{copy_file.name}.manifest.json"
    told = json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n"
    write_together({copy_file: content, manifest_file: told})
    return Bundle(copy_file, manifest_file, len(items))


def require_format(format_name: str) -> None:
    """Refuse a format that does not exist: UsageError, before anything else is done."""
    if format_name not in EXPORTERS:
        raise UsageError(f"there is no format {format_name!r}", hint=f"Formats: {', '.join(EXPORTERS)}.")


def _entry(item: ApprovedText) -> dict[str, object]:
    return {
        "unit": f"{item.segment}/{item.locale}",
        "draft_id": item.draft_id,
        "text_sha256": item.decision.text_sha256,
        "decision": item.decision.model_dump(mode="json"),
        "provenance": item.provenance.model_dump(mode="json"),
    }
