"""Brand scores over the weeks: added up by locale and model, and drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from pipeline.store.rows import ScoredText

_WIDTH, _HEIGHT, _MARGIN, _LINE = 640, 240, 40, 16
_FONT = 'font-family="sans-serif" font-size="11"'
_COLOURS = ("#3366aa", "#cc6633", "#339966", "#aa3377", "#777733", "#6655bb")


@dataclass(frozen=True)
class WeekScore:
    """Drafts of one ISO week, locale and model, and the mean of the scores they have.

    `change` is that of the mean since the last week with scores of the same locale and model.
    """

    week: str
    locale: str
    model_id: str
    drafts: int
    scored: int
    mean: float | None
    change: float | None

    def as_json(self) -> dict[str, Any]:
        """Every field by its name."""
        return asdict(self)


def by_week(texts: Sequence[ScoredText]) -> list[WeekScore]:
    """Weeks in their order, locales and models in theirs within a week."""
    groups: dict[tuple[str, str, str], list[ScoredText]] = defaultdict(list)
    for text in texts:
        year, week, _ = text.created_at.isocalendar()
        groups[f"{year}-W{week:02}", text.locale, text.model_id].append(text)
    latest: dict[tuple[str, str], float] = {}
    result = []
    for (week_name, locale, model_id), drafts in sorted(groups.items()):
        scores = [each.brand_score for each in drafts if each.brand_score is not None]
        mean = fmean(scores) if scores else None
        before = latest.get((locale, model_id))
        change = None if mean is None or before is None else mean - before
        result.append(WeekScore(week_name, locale, model_id, len(drafts), len(scores), mean, change))
        if mean is not None:
            latest[locale, model_id] = mean
    return result


def draw_weeks(weeks: Sequence[WeekScore], title: str) -> str:
    """An SVG chart: one line for each locale and model, weeks from left to right, scores from 0 to 1 upwards."""
    names = sorted({week.week for week in weeks})
    series: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for week in weeks:
        if week.mean is not None:
            series[f"{week.locale} · {week.model_id}"].append(
                (_across(names.index(week.week), len(names)), _up(week.mean))
            )
    height = _HEIGHT + _LINE * len(series)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f"<title>{escape(title)}</title>",
        *(_rule(share) for share in (0.0, 0.5, 1.0)),
        *(_label(_across(place, len(names)), _HEIGHT - _MARGIN + _LINE, name) for place, name in enumerate(names)),
    ]
    for place, (name, points) in enumerate(series.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(f'<text x="{_MARGIN}" y="{_HEIGHT + _LINE * place}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _across(place: int, count: int) -> float:
    return _MARGIN + (_WIDTH - 2 * _MARGIN) * (place / (count - 1) if count > 1 else 0.5)


def _up(score: float) -> float:
    return _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * score


def _rule(share: float) -> str:
    y = _up(share)
    line = f'<line x1="{_MARGIN}" y1="{y}" x2="{_WIDTH - _MARGIN}" y2="{y}" stroke="#cccccc"/>'
    return f'{line}<text x="4" y="{y + 4}">{share:.1f}</text>'


def _label(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{escape(text)}</text>'
