"""What the copy of a locale can be written with, told without any tokenizer."""

from __future__ import annotations

from pydantic import Field

from pipeline.domain.value import Value, digest_of


class Vocabulary(Value):
    """The writing that a model is held to.

    `language` is an ISO 639 code, `scripts` are ISO 15924 codes as Unicode has them (Japanese: Hira, Kana, Hani).
    `texts` is copy of the locale, `phrases` are what this draft may have to hold letter for letter: names, terms,
    addresses, placeholders. Every word and mark of both can be written, in whatever script.
    """

    language: str = Field(pattern=r"^[a-z]{2,3}$")
    scripts: tuple[str, ...] = Field(min_length=1)
    texts: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all of it: two equal ones let a model write the same."""
        return digest_of(self)

    @property
    def of_the_locale(self) -> Vocabulary:
        """Without this draft's own phrases: what all drafts of the locale share."""
        return self.model_copy(update={"phrases": ()})
