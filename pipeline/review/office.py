"""What every page needs: the desk itself, whose region it shows, how its locales are written, its form tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.domain.locale_pack import LocalePack
from pipeline.review.tokens import TokenMaker
from pipeline.review.writing import Writing, writing_of
from pipeline.reviewing import Desk


@dataclass(frozen=True)
class Office:
    """The desk as one running application sees it."""

    desk: Desk
    region: str
    pack_of: Callable[[str], LocalePack | None]
    tokens: TokenMaker = field(default_factory=TokenMaker)

    def writing(self, tag: str) -> Writing:
        """How a locale is written."""
        return writing_of(tag, self.pack_of)
