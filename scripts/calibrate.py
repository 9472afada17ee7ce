"""Make the brand score's calibration again, from calibration/*.yaml and the locale packs, for the settings' encoder.

    python scripts/calibrate.py [--output calibration/multilingual-e5-small.npz]
    GLOCAL_ENCODER=sentence-transformers/all-MiniLM-L6-v2 python scripts/calibrate.py

An encoder whose card lists its languages is calibrated for these alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import yaml

from pipeline.bootstrap import build
from pipeline.domain.model_card import MANY_LANGUAGES
from pipeline.scoring.fitting import Material, fit_calibration

ROOT = Path(__file__).parent.parent


def read_material(root: Path = ROOT) -> Material:
    """Everything a calibration is made from, embedded by the encoder of the settings."""
    parts = build(root)
    data = root / "calibration"
    listings, brands, sentences = (
        yaml.safe_load((data / name).read_text(encoding="utf-8"))[key]
        for name, key in (("listings.yaml", "listings"), ("cohort.yaml", "brands"), ("parallel.yaml", "sentences"))
    )
    pairs = ((pair.source, pair.target) for pack in parts.library.packs() for pair in pack.pairs)
    languages = parts.card(parts.settings.encoder).languages
    only = () if MANY_LANGUAGES in languages else tuple(languages)
    return Material.of(listings, brands, sentences, pairs, parts.assessor.encoder, only=only)


def main() -> None:
    """Fit, write, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    name = build(ROOT).settings.encoder.rsplit("/", 1)[-1].lower()
    parser.add_argument("--output", type=Path, default=ROOT / f"calibration/{name}.npz")
    output = parser.parse_args().output
    calibration = fit_calibration(read_material())
    calibration.save(output)
    print(f"{output}: {len(calibration.cohort.names)} brands, {len(calibration.cohort.lines)} lines")
    print(f"logistic slope {calibration.slope:.3f}, intercept {calibration.intercept:.3f}")
    print(f"threshold {calibration.threshold:.4f}, {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
