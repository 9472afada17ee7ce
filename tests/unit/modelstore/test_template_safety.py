"""Chat templates: those in use pass, those that try the sandbox's walls do not."""

from __future__ import annotations

import subprocess
from typing import NoReturn

import pytest

from pipeline.modelstore import template_safety
from pipeline.modelstore.template_probe import is_harmless
from pipeline.modelstore.template_safety import template_dangers

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
STRICT = (
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/...') }}{% endif %}{% endfor %}"
)
WITH_TOOLS = (
    "{%- if not date_string is defined %}{%- set date_string = strftime_now('%d %b %Y') %}{%- endif %}"
    "{%- set ns = namespace(found=false, index=messages|length - 1) %}"
    "{%- for message in messages[::-1] %}{%- if message.role == 'user' and not ns.found %}"
    "{%- set ns.found = true %}{%- break %}{%- endif %}{%- endfor %}"
    "{%- if tools is not none %}{%- for t in tools %}{{- t | tojson(indent=4) }}{%- endfor %}{%- endif %}"
    "{%- for message in messages | selectattr('role', 'equalto', 'user') %}"
    "{%- if '</think>' in message.content %}{%- set x = message.content.split('</think>')[-1].lstrip('\n') %}"
    "{%- endif %}{{ message.content | trim }}{%- endfor %}"
)
WITH_MACRO = (
    "{%- macro render(content) -%}{%- if content is string -%}{{ content }}{%- else -%}"
    "{%- for part in content -%}{{ part['text'] }}{%- endfor -%}{%- endif -%}{%- endmacro -%}"
    "{%- for m in messages -%}{%- generation -%}{{ render(m.content) }}{%- endgeneration -%}{%- endfor -%}"
)
TOKENS = "{{ '__start__' }}{{ '<__media__>' }}{{ message['__index__'] }}"


@pytest.mark.parametrize("template", ["", CHATML, STRICT, WITH_TOOLS, WITH_MACRO, TOKENS])
def test_templates_in_use_are_harmless(template: str) -> None:
    """Namespaces, macros, filters, refusals of a conversation, marks of generation, and tokens with underscores."""
    assert template_dangers(template) == ()


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("{{ ''.__class__ }}", "__class__"),
        ("{{ ''['__class__'] }}", "__class__"),
        ("{{ messages[0]._private }}", "_private"),
        ("{{ namespace.mro() }}", "mro"),
        ("{% if false %}{{ cycler.__init__.__globals__ }}{% endif %}", "__init__"),
        ("{{ messages | map(attribute='__class__') | list }}", "__class__"),
        ("{% set f = '{0.__globals__}' %}", "__globals__"),
        ("{{ x | attr(y) }}", "attr"),
        ("{% extends 'x' %}", "extends"),
        ("{% import 'x' as y %}", "import"),
        ("{{", "is not one"),
        ("x" * (1024**2 + 1), "too long"),
    ],
)
def test_walls_that_are_tried_are_named(template: str, word: str) -> None:
    """Also in a branch that no rendering would reach."""
    assert any(word in reason for reason in template_dangers(template)), template_dangers(template)


def test_what_only_a_rendering_shows_is_found_by_rendering() -> None:
    """Names that are put together while it runs."""
    assert not is_harmless("{{ messages['__cl' ~ 'ass__']['__mr' ~ 'o__'] }}")
    assert not is_harmless("{{ messages.append(1) }}")
    assert is_harmless("{{ raise_exception('no') }}")


def test_a_rendering_that_does_not_answer_is_a_danger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the operating system sets no limits, the clock does."""

    def slow(*_: object, **__: object) -> NoReturn:
        raise subprocess.TimeoutExpired("probe", 30)

    monkeypatch.setattr(template_safety.subprocess, "run", slow)
    assert template_dangers("{{ 'a template that no other test has seen' }}") == (
        "has a chat template that comes to no end",
    )
