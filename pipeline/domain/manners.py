"""What is true of a language in every market: its own marks, and the words that checks listen for."""

from __future__ import annotations

from pydantic import Field

from pipeline.domain.value import Identifier, Line, Value


class LanguageManners(Value):
    """The manners of one language (ISO 639), kept by those who write it.

    `claims` are words that promise something, by kind, and `supports` further words that a source may promise it in;
    `first_person` words in which a person speaks of herself;
    `unfinished` words that no sentence ends with. A form that ends in `*` stands for every ending. `marks` gives the
    language's own mark for a foreign one (Arabic `،` for `,`), `opening_marks` the one that must come before (`¿`).
    """

    language: str = Field(pattern=r"^[a-z]{2,3}$")
    claims: dict[Identifier, tuple[Line, ...]] = Field(default_factory=dict)
    supports: dict[Identifier, tuple[Line, ...]] = Field(default_factory=dict)
    first_person: tuple[Line, ...] = ()
    unfinished: tuple[Line, ...] = ()
    marks: dict[Line, Line] = Field(default_factory=dict)
    opening_marks: dict[Line, Line] = Field(default_factory=dict)
