"""The `glocal` command in a process of its own, with a script in the place of the models.

    python scripted_glocal.py SCRIPT ARGUMENT...

SCRIPT is JSON: for each model id what its calls do, one after another and the last for ever: the texts written, or
`{"raises": [NAME, MESSAGE]}`. An error under "record" is raised by whatever asks the record for the campaign.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import NoReturn

from pipeline import errors
from pipeline.backends.scripted import ScriptedEncoder, ScriptedGenerator
from pipeline.bootstrap import Parts
from pipeline.cli.main import run
from pipeline.store.record import Record


def _play(calls: list[object]) -> Callable[..., list[str]]:
    """A generator's script: the next call, or the last one again."""

    def act(*_: object) -> list[str]:
        call = calls.pop(0) if len(calls) > 1 else calls[0]
        return call if isinstance(call, list) else _fail(call)  # type: ignore[arg-type]

    return act


def _fail(call: dict[str, tuple[str, str]]) -> NoReturn:
    name, message = call["raises"]
    raise getattr(errors, name, RuntimeError)(message)


if __name__ == "__main__":
    script = json.loads(sys.argv[1])
    Parts._load_generator = lambda _, card, _endpoint: ScriptedGenerator(_play(script[card.id]))  # type: ignore[method-assign]
    Parts._load_encoder = lambda _: ScriptedEncoder()  # type: ignore[method-assign]
    if "record" in script:
        Record.campaign = lambda *_: _fail(script["record"])  # type: ignore[method-assign]
    sys.exit(run(sys.argv[2:]))
