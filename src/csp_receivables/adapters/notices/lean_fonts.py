"""Fonts cut down to the scripts that letters are written in, once a process: reading a whole font takes longer than a
statement's layout, and every document would read it anew.

Which font a document gets depends on its signs alone, never on what was written before: equal documents, equal bytes.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from fontTools import subset
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.fonts import TTFFont

_SIGNS = (
    *range(0x2000, 0x2070),
    *range(0x20A0, 0x20C1),
    0x2116,
    0x2122,
    0x2212,
    0x25A1,
)  # dashes, currencies, №, ™, −, □
WESTERN = frozenset((*range(0x20, 0x250), *_SIGNS))  # Latin with its extensions A and B
EUROPEAN = WESTERN | {*range(0x370, 0x530)}  # and Greek and Cyrillic
_LEFT_OUT = ("FFTM", "GDEF", "GPOS", "GSUB", "MATH", "meta")  # for shaping and for editors; what is drawn needs none


def add_font(pdf: FPDF, family: str, style: str, path: Path, signs: frozenset[int]) -> None:
    """Give `pdf` the font in `path`, cut down to the smallest set that has all of `signs`; or else whole."""
    enough = next((each for each in (WESTERN, EUROPEAN) if signs <= each), None)
    if enough is None:
        pdf.add_font(family, style, path)
        return
    key = f"{family}{style}"
    # `add_font` takes files only; the font reads whatever can be read, and asks for its path only when it shapes.
    pdf.fonts[key] = _Font(pdf, cast(Path, BytesIO(_cut_down(path, enough))), key, style)


class _Font(TTFFont):
    """Remembers how wide a text is for the length of a document: a line that is broken is measured sign by sign, each
    time from its beginning, and a cell once for its height and once more to be drawn."""

    def __init__(self, pdf: FPDF, file: Path, key: str, style: str) -> None:
        super().__init__(pdf, file, key, style)
        self.ttfont.recalcBBoxes = False  # no outline is changed, so each keeps the box that it has
        self._wide: dict[str, float] = {"": 0}

    def get_text_width(
        self, text: str, font_size_pt: float, text_shaping_params: dict[str, Any] | None
    ) -> tuple[int, float]:
        if text_shaping_params:
            return super().get_text_width(text, font_size_pt, text_shaping_params)
        self.biggest_size_pt = max(self.biggest_size_pt, font_size_pt)
        wide = self._wide.get(text)
        if wide is None:
            before = self._wide.get(text[:-1])
            wide = sum(self.cw[ord(sign)] for sign in text) if before is None else before + self.cw[ord(text[-1])]
            self._wide[text] = wide
        return len(text), wide * font_size_pt * 0.001


@lru_cache(maxsize=8)
def _cut_down(path: Path, signs: frozenset[int]) -> bytes:
    options: Any = subset.Options(
        notdef_outline=True, recommended_glyphs=True, glyph_names=True, name_IDs=["*"], hinting=False
    )
    options.drop_tables += _LEFT_OUT
    with TTFont(path, lazy=True, recalcTimestamp=False) as font:
        cutting = subset.Subsetter(options)
        cutting.populate(unicodes=sorted(signs))
        cutting.subset(font)
        kept = BytesIO()
        font.save(kept)
    return kept.getvalue()
