"""Between prompts and token ids: what the model is shown, and where it must stop.

Text in a prompt comes from briefs, brands and memories, so it is never read as one of the model's control tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from jinja2 import TemplateError

from pipeline.domain.prompt import Message, Prompt
from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

LINE_BREAKS = "\n\r\u2028\u2029"
"""Characters that end a line."""

LINE_BREAK = re.compile(f"[{LINE_BREAKS}]")

THOUGHTS = {
    "<think>": "</think>",  # Qwen, DeepSeek, SmolLM, GLM, Nemotron
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",  # Mistral
    "<|START_THINKING|>": "<|END_THINKING|>",  # Cohere
    "<|channel>thought": "<channel|>",  # Gemma 4
    "<seed:think>": "</seed:think>",
    "◁think▷": "◁/think▷",  # Kimi
}
"""What stands before and after the thoughts that a model writes first. Some of it are control tokens."""

OPENS = re.compile("|".join(map(re.escape, THOUGHTS)))
CLOSES = re.compile("|".join(map(re.escape, THOUGHTS.values())))

WORD_MARK = "\u2581"
"""Stands for a space inside SentencePiece; some tokenizers leave it in the text that they give back."""

WITHOUT_THINKING: dict[str, Any] = {"enable_thinking": False, "thinking": False, "reasoning": False}
"""The switch for thinking by the names that templates have for it (Qwen and most others; Granite, DeepSeek; Cohere)."""

_OTHER_TEMPLATE = "Pull the model again with the chat template of its makers, or choose another model."

Turns = list[dict[str, Any]]
"""A conversation as chat templates take it."""


def prompt_token_ids(tokenizer: PreTrainedTokenizerBase, prompt: Prompt) -> torch.Tensor:
    """Token ids of shape (1, tokens): through the chat template, or as plain text to be continued."""
    messages = [
        message.model_copy(update={"content": without_control_tokens(tokenizer, message.content)})
        for message in prompt.messages
    ]
    if prompt.style == "chat":
        encoded = tokenizer(_chat_text(tokenizer, messages), add_special_tokens=False, return_tensors="pt")
    else:
        encoded = tokenizer("".join(message.content for message in messages), return_tensors="pt")
    return cast("torch.Tensor", encoded["input_ids"])


def without_control_tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> str:
    """Take the model's control tokens out of a text, also those that only appear once others are gone."""
    controls = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
    while found := next((control for control in controls if control in text), None):
        text = text.replace(found, "")
    return text


def first_line(text: str) -> str:
    """A completion up to its first line break."""
    return LINE_BREAK.split(text, maxsplit=1)[0]


def written_text(tokenizer: PreTrainedTokenizerBase, tokens: list[int]) -> str:
    """What a completion's tokens say."""
    text = tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return str(text).replace(WORD_MARK, " ")


def answer_text(tokenizer: PreTrainedTokenizerBase, tokens: list[int]) -> str:
    """What a chat answer's tokens say, without the thoughts before it."""
    # With control tokens at first: they may be all that tells thoughts from the answer.
    text = tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return without_control_tokens(tokenizer, after_thoughts(str(text))).replace(WORD_MARK, " ")


def after_thoughts(text: str) -> str:
    """A chat answer without the thoughts that some models write first, even when asked not to.

    Thoughts that the token budget cut off are not copy, either.
    """
    return OPENS.split(CLOSES.split(text)[-1], maxsplit=1)[0]


def _chat_text(tokenizer: PreTrainedTokenizerBase, messages: list[Message]) -> str:
    """The conversation in the model's own format, as the first of the forms that shows the model all of it.

    Where there is no system role, instructions open the first turn.
    """
    if tokenizer.chat_template is None:
        raise GenerationFailed(
            "the model has no chat template", hint="Set `chat_template: false` in its card, or choose a chat model."
        )
    refusal = "it leaves out a part of what the model is asked"
    for turns in _forms(messages):
        try:
            text = _render(tokenizer, turns)
        except (TemplateError, TypeError, ValueError) as error:
            refusal = str(error)
            continue
        # Some templates drop what they do not know without a word.
        if all(message.content.strip() in text for message in messages):
            return _without_open_thought(text)
    raise GenerationFailed(f"the model's chat template cannot be used: {refusal}", hint=_OTHER_TEMPLATE)


def _forms(messages: list[Message]) -> Iterator[Turns]:
    """A conversation as templates want it: with a system role or without, as text or, for pictures, as parts."""
    for form in (messages, _folded(messages)):
        yield [{"role": message.role, "content": message.content} for message in form]
    for form in (messages, _folded(messages)):
        yield [{"role": message.role, "content": [{"type": "text", "text": message.content}]} for message in form]


def _folded(messages: list[Message]) -> list[Message]:
    turns = [message for message in messages if message.role != "system"]
    instructions = [message.content for message in messages if message.role == "system"]
    opening = "\n\n".join([*instructions, turns[0].content])
    return [Message(role=turns[0].role, content=opening), *turns[1:]]


def _render(tokenizer: PreTrainedTokenizerBase, turns: Turns) -> str:
    text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False, **WITHOUT_THINKING)
    return cast("str", text)


def _without_open_thought(text: str) -> str:
    """Close at once the thought that a template opens for the model, whatever it is asked."""
    begun = next((opening for opening in THOUGHTS if text.rstrip().endswith(opening)), None)
    return text if begun is None else f"{text.rstrip()}\n\n{THOUGHTS[begun]}\n\n"
