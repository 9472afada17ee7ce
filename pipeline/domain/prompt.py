"""What a model is shown, ready to be digested and sent."""

from __future__ import annotations

from typing import Literal

from pipeline.domain.value import Line, Value, digest_of


class Message(Value):
    """One turn; a completion prompt is a single `user` message with the whole text."""

    role: Literal["system", "user", "assistant"]
    content: str


class Example(Value):
    """A source line and copy for it, shown to a model as an example.

    `decision` is the id of the human decision that approved the copy, None for a pair of the locale's pack.
    """

    channel: str
    source: Line
    target: Line
    decision: str | None = None


class Prompt(Value):
    """A rendered prompt.

    `style` tells how it is meant to be read: `chat` through the model's own template, `completion` as
    plain text to be continued up to the first line break.
    """

    style: Literal["chat", "completion"]
    messages: tuple[Message, ...]
    template_version: str

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of exactly what the model is shown."""
        return digest_of(self)
