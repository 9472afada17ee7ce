"""A unit and its locale's pack, rendered into what a model is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipeline.domain.brand import Term, TermRule
from pipeline.domain.draft import Unit
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.prompt import Example, Message, Prompt
from pipeline.domain.value import text_digest
from pipeline.prompting.untrusted import as_data


class _PackagedTemplates(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002 (jinja's signature)
        return _template_text(template), template, lambda: True


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    loader=_PackagedTemplates(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,
)


def render_prompt(unit: Unit, pack: LocalePack, examples: Sequence[Example], *, chat: bool) -> Prompt:
    """The prompt of a unit: turns for a model with a chat template, one text to continue for one without.

    `examples` are shown in their order, the last one next to the source.
    """
    return _chat(unit, pack, examples) if chat else _completion(unit, pack, examples)


def template_version(*, chat: bool) -> str:
    """SHA-256 (hex, first 12 digits) of the template's text: it changes exactly when the template does."""
    return text_digest(_template_text(_template_name(chat=chat)))[:12]


def _completion(unit: Unit, pack: LocalePack, examples: Sequence[Example]) -> Prompt:
    text = _ENVIRONMENT.get_template(_template_name(chat=False)).render(**_facts(unit, pack, examples))
    return Prompt(
        style="completion",
        messages=(Message(role="user", content=text),),
        template_version=template_version(chat=False),
    )


def _chat(unit: Unit, pack: LocalePack, examples: Sequence[Example]) -> Prompt:
    facts = _facts(unit, pack, examples)
    system = _ENVIRONMENT.get_template(_template_name(chat=True)).render(**facts)
    messages = [Message(role="system", content=system)]
    for example in facts["examples"]:
        messages.append(Message(role="user", content=f"{pack.prompt.source}: {example['source']}"))
        messages.append(Message(role="assistant", content=example["target"]))
    messages.append(Message(role="user", content=f"{pack.prompt.source}: {facts['source']}"))
    return Prompt(style="chat", messages=tuple(messages), template_version=template_version(chat=True))


def _facts(unit: Unit, pack: LocalePack, examples: Sequence[Example]) -> dict[str, Any]:
    brand = unit.brand
    return {
        "words": pack.prompt,
        "address": _address(pack, unit.brief.audience_group),
        "style": (*pack.style, *_credibility(pack), *pack.typography.directions),
        "notes": [note.note for note in pack.cultural_notes],
        # Memories are text that people once typed: data, as everything else is.
        "examples": [{"source": as_data(each.source), "target": as_data(each.target)} for each in examples],
        "source": as_data(unit.segment.source),
        "siblings": [as_data(other.source) for other in unit.brief.siblings(unit.segment)],
        "limit": unit.channel.characters(pack.pairs[0].target),
        "channel": as_data(unit.channel.name),
        "audience": as_data(unit.brief.audience),
        "objective": as_data(unit.brief.objective),
        "terms": [shown for term in brand.terms if (shown := _shown(term, unit))],
        "brand": {
            "name": as_data(brand.name),
            "pillars": [{"name": as_data(p.name), "statement": as_data(p.statement)} for p in brand.pillars],
            "traits": [as_data(trait) for trait in brand.voice.traits],
            "avoid": [as_data(trait) for trait in brand.voice.avoid],
        },
    }


def _address(pack: LocalePack, group: str | None) -> str:
    """The line that asks for the form of address, with the form itself where the line does not say it."""
    address = pack.address.for_audience(group) or pack.address
    form, direction = address.form, address.direction
    return direction if form in direction else f"{direction} ({form})"


def _credibility(pack: LocalePack) -> tuple[str, ...]:
    return () if pack.tone is None else (pack.tone.credibility,)


def _shown(term: Term, unit: Unit) -> dict[str, str] | None:
    """A term as the prompt shows it: only where it occurs in the source and says what to write."""
    if term.source.casefold() not in unit.segment.source.casefold() or term.rule is TermRule.FORBIDDEN:
        return None
    forms = term.forms.get(unit.locale) or term.forms.get(unit.locale.split("-")[0]) or ()
    if term.rule is TermRule.PREFERRED and not forms:
        return None
    target = term.source if term.rule is TermRule.DO_NOT_TRANSLATE else forms[0]
    return {"source": as_data(term.source), "target": as_data(target)}


def _template_name(*, chat: bool) -> str:
    return "chat_system.jinja" if chat else "completion.jinja"


@cache
def _template_text(name: str) -> str:
    return (files("pipeline.prompting") / "templates" / name).read_text(encoding="utf-8")
