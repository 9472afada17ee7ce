"""The estimate of memory against what the embedded model really takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.backends.memory import needed_bytes
from pipeline.modelstore.store import ModelStore

pytestmark = pytest.mark.models

WORK = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
from pipeline.backends.loading import load_language_model
from pipeline.backends.transformers_generator import TransformersGenerator
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.prompt import Message, Prompt

import torch
torch.cuda.is_available = lambda: False
card = SimpleNamespace(id="google/gemma-3-270m", auto_class="AutoModelForCausalLM")
generator = TransformersGenerator(*load_language_model(Path(sys.argv[1]), card))
text = "Englisch: Carry less plastic.\\nDeutsch: Weniger Plastik.\\n\\n" * 60 + "Englisch: Less noise.\\nDeutsch:"
prompt = Prompt(style="completion", messages=(Message(role="user", content=text),), template_version="test")
generator.generate(prompt, GenerationConfig(max_new_tokens=8))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps({
    "peak": int(status["VmHWM"].split()[0]) * 1024,  # that of `resource` begins with its parent's
    "number": generator._model.dtype.itemsize,
    "tokens": len(generator._tokenizer(text)["input_ids"]),
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory otherwise")
def test_the_estimate_is_near_what_is_taken(store: ModelStore) -> None:
    """With a long prompt and the candidates of a run, in this processor's numbers: not far below, not far above."""
    folder: Path = store.folder("google/gemma-3-270m")

    ran = subprocess.run([sys.executable, "-c", WORK, str(folder)], capture_output=True, check=True)
    measured = json.loads(ran.stdout)

    assert 900 < measured["tokens"] < 2_048
    assert 0.95 < needed_bytes(folder, "cpu", number=measured["number"]) / measured["peak"] < 1.25
