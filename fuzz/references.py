"""References in what a payer wrote: found, proved again, and never made up."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from csp_receivables.domain.references import Agreement, KidCheck, Kind, OcrLevel, Reference, validate
from csp_receivables.domain.references_in_text import extract
from fuzz import claims

STRICT = Agreement(ocr=OcrLevel.FIXED, ocr_lengths=frozenset({6, 10, 16}), kid=KidCheck.MOD11)
_SEPARATORS = re.compile(r"[\s\-./:,]+")


def references(data: bytes, extract: Callable[..., Sequence[Reference]] = extract) -> None:
    """Extract by the usual and by a strict agreement."""
    text = data.decode("utf-8", "surrogateescape" if data[:1] == b"\xff" else "replace")
    written = _SEPARATORS.sub("", text).upper()
    for agreement in (Agreement(), STRICT):
        found = extract(text, agreement=agreement)
        claims.unique(found, "a reference")
        claims.same_again(found, extract(text, agreement=agreement))
        for each in found:
            claims.holds(each.text.isascii(), f"{each.text!r} is ASCII")
            claims.holds(validate(each.text, each.kind, agreement) == each, f"{each} is one by itself")
            claims.holds(validate(each.printed, each.kind, agreement) == each, f"{each} is the same when printed")
            bare = each.text if each.kind is Kind.RF else each.text.lstrip("0")
            claims.holds(bare.rstrip("-") in written, f"{each} stands in the text")
