"""The two charts of the page as geometry: whole thousandths of the width, which the template draws as inline SVG.

Why no chart library draws them: docs/decisions/0002-charts.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from csp_receivables.adapters.day_headline import BUCKETS, Ageing
from csp_receivables.domain.money import share_out

WIDTH = 1000  # units of the drawing; a bar as wide as this is the whole
NO_BREAK = "\u00a0"


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
    widths, per_cents = share_out(WIDTH, weights), share_out(100, weights)
    segments, left = [], 0
    for place, (bucket, words) in enumerate(BUCKETS.items()):
        segments.append(
            Segment(
                bucket=bucket,
                words=words,
                minor=ageing.buckets[bucket],
                left=left,
                width=widths[place],
                share=f"{'<1' if weights[place] and not per_cents[place] else per_cents[place]}{NO_BREAK}%",
            )
        )
        left += widths[place]
    return segments


def bar_width(per_mille: int) -> int:
    """How much of the bar is filled: never less than nothing, never more than all."""
    return min(max(per_mille, 0), 1000) * WIDTH // 1000
