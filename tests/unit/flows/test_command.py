"""The commands that the flows add."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.main import run

PROGRAM = """
import sys, typer
from flows.command import register_commands
register_commands(typer.Typer())
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"prefect", "pydantic", "sqlalchemy", "torch"}))
"""


def test_registering_the_commands_imports_nothing_heavy() -> None:
    """`glocal --help` pays for it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)

    assert "" == done.stdout.strip()


@pytest.mark.parametrize("command", ["run", "deploy"])
def test_without_prefect_one_line_says_what_to_install(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.command.find_spec", lambda _name: None)

    assert 1 == run(["--workspace", str(tmp_path), command, "brief.yaml"])

    assert (
        "glocal: prefect is not installed. Hint: Install it: pip install 'glocal[flows]'.\n" == capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["run", "absent.yaml"], 1, "absent.yaml"),
        (["deploy", "absent.yaml"], 1, "absent.yaml"),
        (["run"], 2, "BRIEF"),
    ],
)
def test_a_brief_that_is_not_there_ends_in_one_line(
    arguments: list[str], code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is started or made."""
    assert code == run(["--workspace", str(tmp_path), *arguments])

    error = capsys.readouterr().err
    assert 1 == error.count("\n")
    assert told.casefold() in error.casefold()
    assert [] == list(tmp_path.iterdir())


def test_a_locale_that_the_brief_does_not_ask_for_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = Path(__file__).parents[3] / "campaigns" / "spring.yaml"

    assert 2 == run(["--workspace", str(tmp_path), "run", str(sample), "--locale", "sv-SE"])

    assert "sv-SE" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())
