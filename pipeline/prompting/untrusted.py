"""Text that others wrote, made safe to stand inside a prompt."""

from __future__ import annotations

import regex

_LINE_BREAKS = regex.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")

_CONTROLS = regex.compile(r"[\p{Cc}\p{Cs}\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Control, surrogate, zero-width and bidi-override characters. Joiners (U+200C, U+200D) stay: Hindi needs them."""

_TURN_MARKS = regex.compile(
    r"<[|｜][^|｜<>]{0,40}[|｜]>|</?s>|<(?:bos|eos|pad|unk|/?think|(?:start|end)_of_\w{1,20})>|<</?SYS>>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS|CONTENT))\]",
    regex.IGNORECASE,
)
"""Control tokens of the chat templates in use: a tokenizer would read them as the end of a turn."""

_DEFUSED = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")"})


def as_data(text: str) -> str:
    """A text on one line, without control characters and without any token that could end a turn.

    No-break spaces and all other typography are kept as they are.
    """
    one_line = _LINE_BREAKS.sub(" ", text)
    # Spaces last: one may come to the end only when what stood behind it is gone.
    visible = _CONTROLS.sub("", one_line).strip(" ")
    return _TURN_MARKS.sub(lambda mark: mark.group().translate(_DEFUSED), visible)
