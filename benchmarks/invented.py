"""The invented brands and the parallel copy of `calibration/`, as the score reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipeline.domain.brand import Brand

FOLDER = Path("calibration")


def read(name: str, key: str) -> list[dict[str, Any]]:
    """The entries of one calibration file."""
    return list(yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))[key])


def brand_of(entry: dict[str, Any]) -> Brand:
    """An invented brand as the score reads brands."""
    pillars = [dict(pillar, id=f"p{number}") for number, pillar in enumerate(entry["pillars"])]
    return Brand.model_validate(
        {"id": entry["id"], "name": entry["name"], "source_locale": "en-US", "pillars": pillars}
    )
