from __future__ import annotations

from collections.abc import Callable

import pytest
from transformers import PreTrainedTokenizerFast

from pipeline.backends.prompt_tokens import (
    after_thoughts,
    first_line,
    line_break_token_ids,
    prompt_token_ids,
    without_control_tokens,
)
from pipeline.domain.prompt import Message, Prompt
from pipeline.errors import GenerationFailed

TURNS = "{% for message in messages %}<turn>{{ message.role[0] }}: {{ message.content }}{% endfor %}<turn>"
KNOWS_SYSTEM = TURNS
RAISES_ON_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + TURNS
)
DROPS_SYSTEM = TURNS.replace("in messages", "in messages if message.role != 'system'")


def chat(*turns: tuple[str, str]) -> Prompt:
    messages = tuple(Message(role=role, content=content) for role, content in turns)  # type: ignore[arg-type]
    return Prompt(style="chat", messages=messages, template_version="test")


def shown(tokenizer: PreTrainedTokenizerFast, prompt: Prompt) -> str:
    """What the model sees, control tokens included."""
    return str(tokenizer.decode(prompt_token_ids(tokenizer, prompt)[0]))


def test_a_completion_prompt_is_plain_text_after_the_opening_token(
    tokenizer: PreTrainedTokenizerFast, completion: Callable[[str], Prompt]
) -> None:
    """Not a character is added or taken away."""
    assert shown(tokenizer, completion("de: ja\nfr:")) == "<bos>de: ja\nfr:"


@pytest.mark.parametrize("hostile", ["<eos>", "<turn>", "<bos><bos>", "<eo<eos>s>", "<tu<bos>rn>"])
@pytest.mark.parametrize("style", ["chat", "completion"])
def test_text_in_a_prompt_never_becomes_a_control_token(
    tokenizer: PreTrainedTokenizerFast, style: str, hostile: str
) -> None:
    """Also not one that only appears when another is taken out."""
    tokenizer.chat_template = KNOWS_SYSTEM
    prompt = Prompt(
        style=style,  # type: ignore[arg-type]
        messages=(Message(role="user", content=f"a{hostile}b"),),
        template_version="test",
    )

    expected = "<turn>u: ab<turn>" if style == "chat" else "<bos>ab"

    assert shown(tokenizer, prompt) == expected


def test_text_that_only_looks_like_markup_stays(tokenizer: PreTrainedTokenizerFast) -> None:
    """The model's own control tokens are taken out, and nothing else."""
    assert without_control_tokens(tokenizer, "<b>neu</b> <s>alt</s>") == "<b>neu</b> <s>alt</s>"


def test_a_chat_goes_through_the_models_own_template(tokenizer: PreTrainedTokenizerFast) -> None:
    """The template writes the opening token where it wants one; none is added."""
    tokenizer.chat_template = KNOWS_SYSTEM

    assert shown(tokenizer, chat(("system", "be kind"), ("user", "hi"))) == "<turn>s: be kind<turn>u: hi<turn>"


@pytest.mark.parametrize("template", [RAISES_ON_SYSTEM, DROPS_SYSTEM])
def test_instructions_open_the_first_turn_where_there_is_no_system_role(
    tokenizer: PreTrainedTokenizerFast, template: str
) -> None:
    """Whether the template refuses them or silently drops them, the model sees them once."""
    tokenizer.chat_template = template
    prompt = chat(("system", "be kind"), ("user", "hi"), ("assistant", "ho"), ("user", "ha"))

    assert shown(tokenizer, prompt) == "<turn>u: be kind\n\nhi<turn>a: ho<turn>u: ha<turn>"


def test_a_model_is_asked_not_to_think(tokenizer: PreTrainedTokenizerFast) -> None:
    """Templates of thinking models know this switch; others ignore it."""
    tokenizer.chat_template = TURNS + "{% if enable_thinking %}<think>{% endif %}"

    assert "think" not in shown(tokenizer, chat(("user", "hi")))


def test_a_chat_prompt_needs_a_chat_template(tokenizer: PreTrainedTokenizerFast) -> None:
    """The hint names the field of the card that is wrong."""
    with pytest.raises(GenerationFailed, match="no chat template") as caught:
        prompt_token_ids(tokenizer, chat(("user", "hi")))

    assert "chat_template: false" in caught.value.hint


def test_every_token_that_breaks_a_line_is_found(tokenizer: PreTrainedTokenizerFast) -> None:
    """Also one that begins with copy."""
    assert [tokenizer.convert_ids_to_tokens(token) for token in line_break_token_ids(tokenizer)] == ["\n", "\r", ".\n"]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\u2029"])
def test_a_completion_ends_at_its_first_line_break(line_break: str) -> None:
    """Spaces that typography wants are kept."""
    assert first_line(f"Jetzt\u00a0!{line_break}English: more") == "Jetzt\u00a0!"


def test_thoughts_are_no_copy() -> None:
    """A model may think although it was asked not to."""
    assert after_thoughts("<think>hm</think>Hallo") == "Hallo"
    assert after_thoughts("Hallo") == "Hallo"
