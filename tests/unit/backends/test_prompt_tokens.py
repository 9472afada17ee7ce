from __future__ import annotations

from collections.abc import Callable

import pytest
from transformers import PreTrainedTokenizerFast

from pipeline.backends.prompt_tokens import (
    THOUGHTS,
    after_thoughts,
    answer_text,
    first_line,
    prompt_token_ids,
    without_control_tokens,
    written_text,
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


@pytest.mark.parametrize("switch", ["enable_thinking", "thinking", "reasoning"])
def test_the_switch_for_thinking_has_several_names(tokenizer: PreTrainedTokenizerFast, switch: str) -> None:
    """Each is set, also where a template would think unless told not to."""
    tokenizer.chat_template = TURNS + "{% if " + switch + " is not defined or " + switch + " %}<think>{% endif %}"

    assert "think" not in shown(tokenizer, chat(("user", "hi")))


def test_a_thought_that_the_template_opens_is_closed_at_once(tokenizer: PreTrainedTokenizerFast) -> None:
    """Templates of models that always think open it for them: the answer would begin inside, without a mark."""
    tokenizer.chat_template = TURNS + "<think>\n"

    assert shown(tokenizer, chat(("user", "hi"))) == "<turn>u: hi<turn><think>\n\n</think>\n\n"


def test_a_template_for_pictures_is_given_parts(tokenizer: PreTrainedTokenizerFast) -> None:
    """Some take nothing else: they would read text letter by letter, and show the model nothing."""
    tokenizer.chat_template = (
        "{% for message in messages %}<turn>{% for part in message.content %}{{ part.text }}{% endfor %}{% endfor %}"
    )

    assert shown(tokenizer, chat(("system", "be kind"), ("user", "hi"))) == "<turn>be kind<turn>hi"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ raise_exception('Only tools may speak') }}", "Only tools may speak"),
        ("<turn>hello<turn>", "leaves out a part"),
        ("{{ messages[0].content + 1 }}", "concatenate"),
    ],
)
def test_a_template_that_does_not_show_the_prompt_is_refused(
    tokenizer: PreTrainedTokenizerFast, template: str, reason: str
) -> None:
    """What it said last, instead of copy that answers something else."""
    tokenizer.chat_template = template

    with pytest.raises(GenerationFailed, match=reason) as caught:
        prompt_token_ids(tokenizer, chat(("user", "hi")))

    assert "chat template" in caught.value.hint


def test_a_chat_prompt_needs_a_chat_template(tokenizer: PreTrainedTokenizerFast) -> None:
    """The hint names the field of the card that is wrong."""
    with pytest.raises(GenerationFailed, match="no chat template") as caught:
        prompt_token_ids(tokenizer, chat(("user", "hi")))

    assert "chat_template: false" in caught.value.hint


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\u2029"])
def test_a_completion_ends_at_its_first_line_break(line_break: str) -> None:
    """Spaces that typography wants are kept."""
    assert first_line(f"Jetzt\u00a0!{line_break}English: more") == "Jetzt\u00a0!"


@pytest.mark.parametrize(("opening", "closing"), THOUGHTS.items())
@pytest.mark.parametrize(
    ("written", "copy"),
    [
        ("{o}hm{c}Hallo", "Hallo"),
        ("{o}{c}\n\nHallo", "\n\nHallo"),
        ("{o}\n\n{c}Hallo", "Hallo"),
        ("hm{c}Hallo", "Hallo"),
        ("{o}a{c}{o}b{c}Hallo", "Hallo"),
        ("Hallo{o}or Servus?{c}", ""),
        ("{o}hm", ""),
        ("Hallo{o}hm", "Hallo"),
        ("Hallo", "Hallo"),
    ],
)
def test_thoughts_are_no_copy(opening: str, closing: str, written: str, copy: str) -> None:
    """A model may think although it was asked not to; what the budget cut off was no copy yet."""
    assert after_thoughts(written.format(o=opening, c=closing)) == copy


def test_thoughts_between_control_tokens_are_no_copy(tokenizer: PreTrainedTokenizerFast) -> None:
    """Mistral, Cohere and Gemma 4 mark them so: without its marks a thought would look like an answer."""
    tokenizer.add_special_tokens({"additional_special_tokens": ["[THINK]", "[/THINK]", "<turn>"]})
    tokens = tokenizer("[THINK]hm[/THINK]hallo<turn>", add_special_tokens=False)["input_ids"]

    assert answer_text(tokenizer, tokens) == "hallo"
    assert answer_text(tokenizer, tokens[: tokens.index(tokenizer.convert_tokens_to_ids("[/THINK]"))]) == ""


@pytest.mark.parametrize("read", [written_text, answer_text])
def test_marks_for_spaces_become_spaces(
    tokenizer: PreTrainedTokenizerFast, read: Callable[[PreTrainedTokenizerFast, list[int]], str]
) -> None:
    """ALLaM's tokenizer leaves them in its text."""
    tokenizer.add_tokens(["kaltes", "\u2581wasser"])
    tokens = tokenizer.convert_tokens_to_ids(["kaltes", "\u2581wasser"])

    assert read(tokenizer, tokens) == "kaltes wasser"


def test_only_token_ids_are_taken_from_the_tokenizer(tokenizer: PreTrainedTokenizerFast) -> None:
    """Falcon, Jais and ALLaM name segments that their models refuse; without a pad token nothing is padded."""
    tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    tokenizer.pad_token = None
    tokenizer.chat_template = KNOWS_SYSTEM

    assert "token_type_ids" in tokenizer("hi")
    assert prompt_token_ids(tokenizer, chat(("user", "hi"))).shape == (1, 7)
