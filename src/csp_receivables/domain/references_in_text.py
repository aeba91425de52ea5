"""References found in what a payer wrote: candidates by their check digits, for look-up among what is open.

A check digit lets one number in ten through by chance (one in ninety-seven with two digits), so that a candidate proves
nothing by itself: it names a receivable only when an open one bears it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from csp_receivables.domain.references import (
    QR_DIGITS,
    USUAL,
    Agreement,
    Kind,
    NotAReference,
    Reference,
    validate,
)

DIGITS_MIN = 4  # shorter numbers turn up in texts by chance
HARDLY_BY_CHANCE = frozenset({Kind.RF, Kind.OGM, Kind.QR})  # two check digits, or one and a length that is rare
GROUPS_MAX = 9  # a reference of 25 letters and digits printed in fours has seven groups, one in threes nine

_NUMBER = re.compile(r"[0-9]+", re.ASCII)
_RF_START = re.compile(r"RF ?[0-9]{2}", re.ASCII | re.IGNORECASE)
_RF_GROUP = re.compile(r"[ \-.]?([0-9A-Z]+)", re.ASCII | re.IGNORECASE)
_BETWEEN = re.compile(r" {1,2}|[\-./]")  # what may stand between two groups of one reference

_Span = tuple[int, int]


def extract(text: str, kinds: Collection[Kind] = tuple(Kind), agreement: Agreement = USUAL) -> tuple[Reference, ...]:
    """Every reference of `kinds` that can be read in `text`: RF, OGM and QR first, then by place, the longest first.

    Numbers printed in groups are tried group by group and joined; candidates may overlap.
    """
    found: dict[Reference, tuple[int, int]] = {}
    for start, end in (*_rf_spans(text), *_number_spans(text)):
        for kind in Kind:
            if kind not in kinds:
                continue
            for said in _spellings(text, start, end, kind):
                try:
                    reference = validate(said, kind, agreement)
                except NotAReference:
                    continue
                found.setdefault(reference, (start, start - end))
    return tuple(sorted(found, key=lambda each: (each.kind not in HARDLY_BY_CHANCE, *found[each], each.kind)))


def _spellings(text: str, start: int, end: int, kind: Kind) -> Iterator[str]:
    """The span itself; for a KID also with the hyphen behind it, which is a check digit there."""
    yield text[start:end]
    if kind is Kind.KID and text[end : end + 1] == "-" and not text[end + 1 : end + 2].isdigit():
        yield text[start : end + 1]


def _number_spans(text: str) -> Iterator[_Span]:
    """Where digits stand, alone and joined with the next groups."""
    groups = [match.span() for match in _NUMBER.finditer(text)]
    for first, (start, _) in enumerate(groups):
        for last in range(first, min(first + GROUPS_MAX, len(groups))):
            if last > first and not _BETWEEN.fullmatch(text, groups[last - 1][1], groups[last][0]):
                break
            digits = sum(end - begin for begin, end in groups[first : last + 1])
            if digits > QR_DIGITS:
                break
            if digits >= DIGITS_MIN:
                yield start, groups[last][1]


def _rf_spans(text: str) -> Iterator[_Span]:
    """From each RF with two digits to the end of any of the next groups: where it ends, the check digits tell."""
    for match in _RF_START.finditer(text):
        end = match.end()
        for _ in range(GROUPS_MAX):
            group = _RF_GROUP.match(text, end)
            if group is None:
                break
            end = group.end()
            yield match.start(), end
            digits = _NUMBER.match(text, group.start(1))
            if digits and digits.end() < end:
                yield match.start(), digits.end()  # a word is glued to the last digit
