"""Writes down what every Python process that finds this file does that loading a model must not do.

Python imports it at its start from PYTHONPATH, so it also watches the processes that a watched one starts.
"""

import json
import os
import sys
from typing import Any

HEAVY = {"torch", "transformers", "safetensors", "numpy", "huggingface_hub", "sentence_transformers", "sentencepiece"}
WATCHED = ("socket.", "pickle.", "ctypes.", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
log = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
hostile = os.environ["WATCH_FOLDER"]


def told(event: str, arguments: tuple[Any, ...]) -> object:
    """What of an event is worth a line."""
    if event == "import":
        return arguments[0] if arguments[0].partition(".")[0] in HEAVY or "evil" in arguments[0] else None
    if event == "exec":
        name = str(getattr(arguments[0], "co_filename", ""))
        return name if name.startswith(hostile) or "evil" in name else None
    if event == "subprocess.Popen":
        return [str(word) for word in arguments[1]]
    return str(arguments) if event.startswith(WATCHED) else None


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    """See sys.addaudithook."""
    line = told(event, arguments)
    if line is not None:
        os.write(log, (json.dumps([event, line]) + "\n").encode())


sys.addaudithook(hook)
