"""What makes a chat template unsafe: anything that reaches for more than the conversation it is given.

Model libraries render these templates in Jinja's sandbox. A template that tries its walls is refused before that:
first by its text, then by one short rendering in a process of its own, which may neither last nor grow.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

INTERNAL = frozenset({
    "mro", "func_globals", "func_code", "func_closure", "func_defaults", "im_class", "im_func", "im_self", "gi_frame",
    "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code", "f_globals", "f_locals", "f_builtins", "f_back",
    "f_code", "tb_frame", "tb_next", "co_code",
})  # fmt: skip
"""Attributes of Python's own objects that lead to everything else; all that begin with `_` are refused as well."""

DUNDER = re.compile(
    r"__(class|bases?|mro|subclasses|globals|builtins|import|init|new|call|dict|code|func|self|module|closure|wrapped"
    r"|getattribute|getattr|getitem|reduce|reduce_ex|loader|spec|file|doc)__"
)
"""The same as text, for lookups by name; other words between underscores are the tokens of some models."""

LARGEST = 1024**2
"""Characters of a template that are looked at; the longest in use have about fifty thousand."""

PROBE = Path(__file__).with_name("template_probe.py")

SECONDS = 30
"""How long a probe may take by the clock; by its own limits it ends far sooner."""


@lru_cache(maxsize=64)
def template_dangers(template: str) -> tuple[str, ...]:
    """Why a chat template must not be rendered; empty when nothing speaks against it."""
    if len(template) > LARGEST:
        return ("is too long for a chat template",)
    return tuple(_by_its_text(template)) or tuple(_by_rendering(template))


def _by_its_text(template: str) -> Iterator[str]:
    from jinja2 import TemplateSyntaxError

    try:
        # As a list: too deep a nesting must show up here.
        yield from list(_walls_tried(_environment().parse(template)))
    except TemplateSyntaxError:
        yield "has a chat template that is not one"
    except RecursionError:
        yield "has a chat template that is nested too deeply"


def _environment() -> ImmutableSandboxedEnvironment:
    """An environment that knows the tags of chat templates."""
    from pipeline.modelstore.template_probe import chat_environment

    return chat_environment()


def _walls_tried(tree: nodes.Template) -> Iterator[str]:
    from jinja2 import nodes

    for found in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield f"has a chat template that loads another ({type(found).__name__.lower()})"
    for attribute in tree.find_all(nodes.Getattr):
        if attribute.attr.startswith("_") or attribute.attr in INTERNAL:
            yield f"has a chat template that reaches outside Jinja's sandbox ({attribute.attr})"
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str) and (found_name := DUNDER.search(constant.value)):
            yield f"has a chat template that reaches outside Jinja's sandbox ({found_name.group()})"
    if any(used.name == "attr" for used in tree.find_all(nodes.Filter)):
        yield "has a chat template that asks for attributes by computed names (attr)"


def _by_rendering(template: str) -> Iterator[str]:
    # -P: what lies beside the probe, or in the working folder, is not imported.
    command = [sys.executable, "-P", str(PROBE)]
    try:
        done = subprocess.run(  # noqa: S603 (our own program, and the template goes in as data)
            command, input=json.dumps(template).encode(), capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        yield "has a chat template that comes to no end"
        return
    if done.returncode != 0:
        yield "has a chat template that takes too much time or memory"
    elif done.stdout.strip() != b"harmless":
        yield "has a chat template that reaches outside Jinja's sandbox"
