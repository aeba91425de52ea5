"""Which reported lines are money: each booking once, whichever format told of it, in any order.

One source for each account and day: a statement (camt.053, MT940, BAI2) proves the day; before it comes, a bank's CSV,
which lists all entries too, else notifications (camt.054), else reports (camt.052, MT942), else a clearing house's
details (BgMax, Nets OCR giro). The other families add detail to the source's entries and nothing else; a second list of
the day's entries, in another format, adds nothing. A payment provider's report (Stripe) tells of an account of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import to_text

# Statements, which prove by their balances that they are whole: by how much they tell of an entry.
PROVING_FAMILIES = ("camt.053", "mt940", "bai2")
# Lists of all entries. A CSV's days may be cut anywhere, so that it never says that a day without rows had no entries.
LISTING_FAMILIES = (*PROVING_FAMILIES, "bank_csv")
# By what they prove; the first that speaks for a day is its source.
FAMILIES = (*LISTING_FAMILIES, "camt.054", "camt.052", "mt942", "bgmax", "nets_ocr", "stripe")
# Told by the clearing house, which knows the payments behind one credit but not the bank's name for that credit: what
# it tells is the credit of the same sum, if the day has exactly one. What fits none is a finding, whatever the source.
SETTLED_FAMILIES = frozenset({"bgmax", "nets_ocr"})

LineKey = tuple[str, str]  # (payment_id, family)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedLine:
    """A booked line of one family, with the accepted statements that carry it (none: it is held)."""

    payment_id: str
    family: str
    entry_id: str
    detail_no: int  # 0: the entry as a whole
    currency: str
    amount: int
    end_to_end: str
    text: str
    statements: frozenset[str]

    @property
    def key(self) -> LineKey:
        return (self.payment_id, self.family)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The lines of one account and day that are money, which family was the source, and what to look at."""

    counts: frozenset[LineKey]
    source: str  # "" when nothing counts
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One booking as one family tells it: each statement's version of its lines."""

    entry_id: str
    versions: tuple[tuple[ReportedLine, ...], ...]

    @property
    def total(self) -> tuple[str, int]:
        return _total(self.versions[0])

    @property
    def end_to_end(self) -> str:
        return " ".join(line.end_to_end for line in self.versions[0] if line.end_to_end)

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.versions[0] if line.text)


def judge(account: str, day: date, lines: Iterable[ReportedLine], *, stated_by: Collection[str]) -> Judgement:
    """Which of one account's lines on one day count. `stated_by`: the families whose accepted statements cover the day.

    A pure function of the set of lines: neither their order nor how often they were imported matters.
    """
    told = _entries_by_family(line for line in lines if line.statements)
    source = next((family for family in FAMILIES if family in stated_by or told.get(family)), "")
    chosen = {entry_id: list(entry.versions) for entry_id, entry in told.get(source, {}).items()}
    findings: list[Finding] = []
    for family in FAMILIES:
        if family == source:
            continue
        if family in LISTING_FAMILIES:
            if told.get(family):
                findings.append(_second_format(account, day, family, source, told[family]))
            continue
        for entry, source_id in _joined(told.get(family, {}), told.get(source, {}), _traits(family)):
            if source_id:
                chosen[source_id] += entry.versions
            elif source in LISTING_FAMILIES or (source and family in SETTLED_FAMILIES):
                findings.append(_not_in_source(account, day, family, source, entry))
    totals = {entry_id: entry.total for entry_id, entry in told.get(source, {}).items()}
    counts = frozenset(
        line.key for entry_id, versions in chosen.items() for line in _fullest(versions, totals[entry_id])
    )
    return Judgement(counts=counts, source=source, findings=tuple(findings))


def _entries_by_family(lines: Iterable[ReportedLine]) -> Mapping[str, Mapping[str, _Entry]]:
    versions: dict[tuple[str, str], dict[str, list[ReportedLine]]] = defaultdict(lambda: defaultdict(list))
    for line in sorted(lines, key=lambda line: (line.family, line.entry_id, line.detail_no, line.payment_id)):
        for statement in line.statements:
            versions[line.family, line.entry_id][statement].append(line)
    told: dict[str, dict[str, _Entry]] = defaultdict(dict)
    for (family, entry_id), by_statement in versions.items():
        distinct = sorted({tuple(version) for version in by_statement.values()}, key=_version_order)
        told[family][entry_id] = _Entry(entry_id, tuple(distinct))
    return told


def _fullest(versions: Sequence[tuple[ReportedLine, ...]], total: tuple[str, int]) -> tuple[ReportedLine, ...]:
    """The version with the most details that adds up to the entry; the source's own when none has more."""
    adding_up = [version for version in versions if _total(version) == total]
    return min(adding_up, key=_version_order)


def _version_order(version: Sequence[ReportedLine]) -> tuple[int, int, tuple[str, ...]]:
    details = sum(line.detail_no > 0 for line in version)
    return (-details, FAMILIES.index(version[0].family), tuple(line.payment_id for line in version))


def _total(version: Sequence[ReportedLine]) -> tuple[str, int]:
    return (version[0].currency, sum(line.amount for line in version))


def _traits(family: str) -> tuple[str, ...]:
    """What tells which of the source's entries one of `family` is, in this order, where the id does not."""
    return ("end_to_end", "text", "total") if family in SETTLED_FAMILIES else ("end_to_end", "text")


def _joined(
    others: Mapping[str, _Entry], sources: Mapping[str, _Entry], traits: Iterable[str]
) -> Iterable[tuple[_Entry, str | None]]:
    """Each of the other family's entries with the source entry it is: by id, else by what is unique on both sides."""
    found = {entry_id: entry_id for entry_id in others if entry_id in sources}
    for trait in traits:
        left = _by_trait((entry for key, entry in others.items() if key not in found), trait)
        taken = set(found.values())
        right = _by_trait((entry for key, entry in sources.items() if key not in taken), trait)
        found |= {
            entries[0].entry_id: right[key][0].entry_id
            for key, entries in left.items()
            if len(entries) == 1 and len(right.get(key, ())) == 1
        }
    return [(entry, found.get(entry_id)) for entry_id, entry in sorted(others.items())]


def _by_trait(entries: Iterable[_Entry], trait: str) -> Mapping[tuple[object, ...], list[_Entry]]:
    groups: dict[tuple[object, ...], list[_Entry]] = defaultdict(list)
    for entry in entries:
        if value := getattr(entry, trait):
            groups[(*entry.total, value)].append(entry)
    return groups


def _not_in_source(account: str, day: date, family: str, source: str, entry: _Entry) -> Finding:
    currency, amount = entry.total
    return Finding(
        code="bank.not_in_statement",
        severity=Severity.WARNING,
        found=f"{family} reports {to_text(amount, currency)} {currency} booked on {day} on account {account}, "
        f"which the day's {'statement' if source in LISTING_FAMILIES else source} does not have"
        f"{', or more than once' if family in SETTLED_FAMILIES else ''}.",
        remedy="It does not count. Import the day's remaining pages, or ask the bank where it was booked.",
        subject=entry.versions[0][0].payment_id,
        amount=amount,
        currency=currency,
    )


def _second_format(account: str, day: date, family: str, source: str, entries: Mapping[str, _Entry]) -> Finding:
    return Finding(
        code="bank.second_format",
        severity=Severity.WARNING,
        found=f"{family} tells {len(entries)} entries of {day} on account {account}, and {source} tells that day too.",
        remedy=f"The day is taken from {source} alone. Import one format for each account.",
        subject=min(entries),
    )


def stopped(before: Collection[LineKey], after: Collection[LineKey]) -> frozenset[str]:
    """The payments that counted before by some line, and now by none."""
    return frozenset(payment_id for payment_id, _ in before) - {payment_id for payment_id, _ in after}
