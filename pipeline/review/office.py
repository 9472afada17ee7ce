"""What every page needs: the desk itself, whose region it shows, how its locales are written, its form tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.domain.locale_pack import LocalePack
from pipeline.errors import UnknownDraft
from pipeline.review.tokens import TokenMaker
from pipeline.review.writing import Writing, writing_of
from pipeline.reviewing import Desk, open_sheet
from pipeline.selection.audit import Market
from pipeline.store.rows import DraftSheet


@dataclass(frozen=True)
class Office:
    """The desk as one running application sees it."""

    desk: Desk
    region: str
    pack_of: Callable[[str], LocalePack | None]
    market: Callable[[], Market]
    tokens: TokenMaker = field(default_factory=TokenMaker)

    def sheet(self, draft_id: str) -> DraftSheet:
        """Everything about a draft of this region; UnknownDraft for one of another, content stays in its region."""
        sheet = open_sheet(self.desk, draft_id)
        if sheet.campaign.region != self.region:
            raise UnknownDraft("no draft has that id in this region")
        return sheet

    def writing(self, tag: str) -> Writing:
        """How a locale is written."""
        return writing_of(tag, self.pack_of)
