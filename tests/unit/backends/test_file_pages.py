from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.backends.file_pages import FilePages
from pipeline.backends.narrow_head import NarrowHead

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the system tells nothing of its pages")

MEGABYTES = 32


@pytest.fixture
def stored(tmp_path: Path) -> torch.Tensor:
    """Weights as Transformers has them: mapped from their file."""
    weights = torch.arange(MEGABYTES * 2**20 // 4, dtype=torch.float32).reshape(-1, 64)
    save_file({"head": weights}, tmp_path / "model.safetensors")
    return load_file(tmp_path / "model.safetensors")["head"]


def resident() -> float:
    """Megabytes of files in this process's memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[2]) * 4096 / 2**20


def test_what_was_looked_at_is_given_back_and_read_again(stored: torch.Tensor) -> None:
    """The weights are the same afterwards."""
    total = stored.sum()
    before = resident()

    FilePages([stored]).give_back()

    assert before - resident() > MEGABYTES / 2
    assert stored.sum() == total


def test_weights_that_are_in_no_file_stay() -> None:
    """To give them back would be to lose them."""
    weights = torch.ones(2**20)
    FilePages([weights, torch.ones(3)]).give_back()
    assert weights.sum() == 2**20


def test_weights_that_were_changed_stay(stored: torch.Tensor) -> None:
    """What was written is nowhere else."""
    stored[5, 5] = -1.0
    FilePages([stored]).give_back()
    assert stored[5, 5] == -1.0


def test_where_the_system_tells_nothing_all_stays(stored: torch.Tensor, tmp_path: Path) -> None:
    """And nothing fails."""
    stored.sum()
    before = resident()
    FilePages([stored], tmp_path / "none").give_back()
    assert resident() >= before - 1


def test_a_narrow_head_is_taken_out_piece_by_piece(monkeypatch: pytest.MonkeyPatch, stored: torch.Tensor) -> None:
    """Its weights are those of its tokens, in their order, however many are taken at once."""
    monkeypatch.setattr("pipeline.backends.narrow_head.PART", 1_000)
    layer = torch.nn.Linear(64, len(stored), bias=False)
    layer.weight = torch.nn.Parameter(stored, requires_grad=False)
    model = torch.nn.Module()
    model.get_output_embeddings = lambda: layer  # type: ignore[assignment]
    tokens = torch.arange(0, len(stored), 7)

    head = NarrowHead.of(model, tokens, FilePages([stored]))  # type: ignore[arg-type]

    assert isinstance(head.layer, torch.nn.Linear)
    np.testing.assert_array_equal(head.layer.weight.numpy(), stored[tokens].numpy())
