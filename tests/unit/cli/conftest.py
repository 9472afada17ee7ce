"""Running commands in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.main import run

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    def failed(self, code: int, *words: str) -> bool:
        """Whether it ended with that code and one line on standard error, with a hint and those words."""
        lines = self.err.splitlines()
        assert self.code == code, self
        assert len(lines) == 1, self
        assert lines[0].startswith("glocal: "), self
        assert " Hint: " in lines[0], self
        assert "Traceback" not in self.out + self.err, self
        missing = [word for word in words if word not in lines[0]]
        assert not missing, (missing, self)
        return True


Glocal = Callable[..., Ran]


@pytest.fixture
def glocal(workplace: Workplace, capsys: pytest.CaptureFixture[str]) -> Glocal:
    """Runs `glocal --workspace W ...` in this process."""

    def call(*arguments: str | Path) -> Ran:
        code = run(["--workspace", str(workplace.folder), *map(str, arguments)])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call
