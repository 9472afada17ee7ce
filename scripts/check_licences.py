"""Refuse locked packages under the GPL or AGPL: importing one would put Glocal under its terms."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements-dev.lock"
TAKEN_OTHERWISE = {"text-unidecode": "Artistic License"}
"""Packages that offer a second licence beside the GPL, and that licence: the one Glocal takes them under."""

STRONG_COPYLEFT = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)


def licences(name: str) -> Iterator[str]:
    """What an installed package says of its own licence: expression, classifiers, and a short licence field."""
    metadata = distribution(name).metadata
    yield from (value for value in metadata.get_all("Classifier", []) if value.startswith("License"))
    yield metadata.get("License-Expression") or ""
    yield (metadata.get("License") or "").strip().partition("\n")[0]


def main() -> int:
    """Print every refused package; 0 when there is none."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text(), re.MULTILINE)
    refused = []
    for name in names:
        try:
            offered = list(licences(name))
            if TAKEN_OTHERWISE.get(name) not in offered:
                refused += [f"{name}: {licence}" for licence in offered if STRONG_COPYLEFT.search(licence)]
        except PackageNotFoundError:
            refused.append(f"{name}: locked but not installed")
    print("\n".join(refused) or f"{len(names)} locked packages, none taken under the GPL or AGPL")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
