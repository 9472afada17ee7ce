"""The README says what is there: its map, its links and its commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from pipeline.cli.main import build_app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAP = README.partition("## Where things are")[2].partition("```\n")[2].partition("```")[0]


def test_the_map_names_what_is_there() -> None:
    """Every place on the README's map exists."""
    places = [line.split()[0] for line in MAP.splitlines() if line.strip()]
    assert len(places) > 5
    assert [] == [place for place in places if not (ROOT / place).exists()]


def test_the_map_leaves_no_folder_out() -> None:
    """Every folder that git tracks at the top, but hidden ones, is on the map."""
    folders = {path.name + "/" for path in ROOT.iterdir() if path.is_dir() and any(path.rglob("*.*"))}
    tracked = {name for name in folders if not name.startswith((".", "exports", "htmlcov", "build", "dist"))}
    assert {name for name in tracked if "egg-info" not in name and "__pycache__" not in name} <= set(MAP.split())


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of a page leads to a file."""
    path = ROOT / page
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [] == [link for link in links if not (path.parent / link).exists()]


def test_the_table_of_commands_is_the_commands() -> None:
    """The README's table lists exactly the commands that the program has."""
    listed = set(re.findall(r"^\| `glocal (\w+)", README, re.MULTILINE))
    assert listed == set(get_command(build_app()).commands)  # type: ignore[attr-defined]
