"""Between prompts and token ids: what the model is shown, and where it must stop.

Text in a prompt comes from briefs, brands and memories, so it is never read as one of the model's control tokens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from jinja2 import TemplateError

from pipeline.domain.prompt import Message, Prompt
from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

LINE_BREAK = re.compile(r"[\n\r\u2028\u2029]")


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


def line_break_token_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Every token whose text breaks a line: a completion that is to be one line stops at any of them."""
    texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))], clean_up_tokenization_spaces=False)
    return [token for token, text in enumerate(texts) if LINE_BREAK.search(text)]


def first_line(text: str) -> str:
    """A completion up to its first line break."""
    return LINE_BREAK.split(text, maxsplit=1)[0]


def after_thoughts(text: str) -> str:
    """A chat answer without the thoughts that some models write first, even when asked not to."""
    return text.rpartition("</think>")[2]


def _chat_text(tokenizer: PreTrainedTokenizerBase, messages: list[Message]) -> str:
    """The conversation in the model's own format; where that has no system role, instructions open the first turn."""
    if tokenizer.chat_template is None:
        raise GenerationFailed(
            "the model has no chat template", hint="Set `chat_template: false` in its card, or choose a chat model."
        )
    system = [message.content for message in messages if message.role == "system"]
    try:
        text = _render(tokenizer, messages)
    except TemplateError:
        return _render(tokenizer, _folded(messages))
    # Some templates drop what they do not know without a word.
    return text if all(content.strip() in text for content in system) else _render(tokenizer, _folded(messages))


def _folded(messages: list[Message]) -> list[Message]:
    turns = [message for message in messages if message.role != "system"]
    instructions = [message.content for message in messages if message.role == "system"]
    opening = "\n\n".join([*instructions, turns[0].content])
    return [Message(role=turns[0].role, content=opening), *turns[1:]]


def _render(tokenizer: PreTrainedTokenizerBase, messages: list[Message]) -> str:
    turns = [message.model_dump() for message in messages]
    text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False, enable_thinking=False)
    return cast("str", text)
