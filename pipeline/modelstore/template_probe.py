"""One rendering of a chat template, in a process of its own that may neither last nor grow.

Run as a program it reads a template as a JSON string, and answers `harmless` or `unsafe`. A template that asks for
too much ends the process with another exit code than 0.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, NoReturn

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from jinja2.parser import Parser

SECONDS = 5
"""Of processor time; a template in use needs milliseconds."""

BYTES = 1024**3
"""Of address space."""

CONVERSATION = [
    {"role": "system", "content": "Write short copy."},
    {"role": "user", "content": "Carry less plastic."},
    {"role": "assistant", "content": "Trag weniger Plastik."},
    {"role": "user", "content": "Cold water, all day."},
]


TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}


class _Generation(Extension):
    """The tag by which templates mark what an assistant wrote: here only its body counts."""

    tags = {"generation"}  # noqa: RUF012 (Jinja's own way)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def chat_environment() -> ImmutableSandboxedEnvironment:
    """Jinja's sandbox as the model libraries set it up for chat templates."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = lambda form: form
    return environment


def is_harmless(template: str) -> bool:
    """Whether the sandbox has nothing against a rendering; that a template refuses the conversation is no danger."""
    try:
        chat_environment().from_string(template).render(messages=CONVERSATION, add_generation_prompt=True, **TOKENS)
    except SecurityError:
        return False
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (whatever else it stumbles over, it stumbles inside the sandbox)
        return True
    return True


def _raise_exception(message: str) -> NoReturn:
    raise TemplateError(message)


def _set_limits() -> None:
    try:
        import resource
    except ImportError:  # not on every platform; the caller's clock remains
        return
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


if __name__ == "__main__":
    _set_limits()
    sys.stdout.write("harmless" if is_harmless(json.load(sys.stdin)) else "unsafe")
