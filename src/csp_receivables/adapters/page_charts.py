"""The two charts of the page as geometry: whole thousandths of the width, which the template draws as inline SVG.

Why no chart library draws them: docs/decisions/0002-charts.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from csp_receivables.adapters.day_headline import BUCKETS, Ageing
from csp_receivables.domain.money import share_out

WIDTH = 1000  # units of the drawing; a bar as wide as this is the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a stacked bar: from `left`, `width` wide."""

    bucket: str
    words: str
    minor: int
    left: int
    width: int
    share: str


def ageing_segments(ageing: Ageing) -> list[Segment]:
    """One currency's open amount by age. The widths add up to WIDTH; a bucket in credit has no width, only figures."""
    weights = [max(ageing.buckets[bucket], 0) for bucket in BUCKETS]
    if not any(weights):
        return []
    segments, left = [], 0
    for (bucket, words), weight, width in zip(BUCKETS.items(), weights, share_out(WIDTH, weights), strict=True):
        share = _per_cent(weight, sum(weights))
        minor = ageing.buckets[bucket]
        segments.append(Segment(bucket=bucket, words=words, minor=minor, left=left, width=width, share=share))
        left += width
    return segments


def bar_width(per_mille: int) -> int:
    """How much of the bar is filled: never less than nothing, never more than all."""
    return min(max(per_mille, 0), 1000) * WIDTH // 1000


def _per_cent(part: int, whole: int) -> str:
    if part and part * 100 < whole:
        return "<1\u00a0%"
    return f"{part * 100 // whole}\u00a0%"
