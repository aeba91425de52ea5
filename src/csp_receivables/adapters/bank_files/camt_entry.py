"""One entry of a camt statement as lines of money: its details where they add up to it, else the entry as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from csp_receivables.adapters.bank_files.camt_values import amount_of, compact, day_of, joined, sign_of
from csp_receivables.adapters.bank_files.camt_xml import Record
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import NotMoney, to_minor
from csp_receivables.domain.payment_ids import EntryIds, bank_ref_of, payment_id_of, texts_of

BOOKED, PENDING = "booked", "pending"
# Sub-families of bank transactions that undo an earlier one (ISO 20022 external code list, "BankTransactionSubFamily").
_RETURNS = frozenset({"RRTN", "RPCR", "UPDD", "PRDD", "RCDD", "UPCQ", "ARET", "AREV"})
_YES = frozenset({"true", "1"})
_NOT_PROVIDED = "NOTPROVIDED"
# Where an exchanged amount is told, and its currency: names made once, not for every entry of a file.
_EXCHANGED = tuple((key, f"{key}_currency") for key in ("instructed_amount", "transaction_amount"))


@dataclass(frozen=True, slots=True)
class EntryOf:
    """What an entry inherits from where it stands."""

    statement_id: str
    family: str
    taken_for: str
    source: str
    account: str
    fallback_day: date | None  # of the statement, for entries that bear no day
    ids: EntryIds


# The columns of BANK_LINE, in order.
Line = tuple[
    str, str, str, str, int, int, str, date, date | None, str, int, str, str, str, str, str, str, str, str, str, int
]  # fmt: skip


@dataclass(slots=True)
class ReadEntry:
    """An entry as read: its exact amount for the proof, its lines (none when it can't be money), its findings."""

    number: int  # 1-based place in the statement
    amount: Decimal  # unsigned
    sign: int  # 0: the file does not say
    currency: str
    is_booked: bool
    booked_on: date | None
    details: int
    lines: list[Line]
    findings: list[Finding]


def read_entry(record: Record, place: EntryOf, number: int) -> ReadEntry:
    """Entry `number` (1-based) of its statement. One that can't be read is a finding; its amount is then 0."""
    details: list[Record] = record.get("details", [])
    read = ReadEntry(
        number=number,
        amount=Decimal(0),
        sign=sign_of(record.get("direction", "")) or 0,
        currency=record.get("amount_currency", ""),
        is_booked=record.get("status", "BOOK").upper() == "BOOK",
        booked_on=day_of(record.get("booked", "")) or day_of(record.get("value", "")) or place.fallback_day,
        details=len(details),
        lines=[],
        findings=[],
    )
    try:
        read.amount = amount_of(record, "amount", taken_for=place.taken_for)
    except BankFileRefused as garbled:
        read.findings.append(_not_money(record, place, "Amt", garbled.found, "garbled"))
        return read
    minor = _whole_units(read, record, place)
    if minor is None:
        return read
    if read.booked_on is None:
        read.findings.append(_not_money(record, place, "BookgDt", "The entry bears no day.", "no_day"))
        return read
    read.lines = _lines(read, record, place, minor, read.booked_on)
    return read


def _whole_units(read: ReadEntry, record: Record, place: EntryOf) -> int | None:
    """The signed amount in minor units, or None with a finding that says why the entry is no money."""
    if read.sign == 0:
        found = f"CdtDbtInd is {record.get('direction', '')!r}, neither CRDT nor DBIT."
        read.findings.append(_not_money(record, place, "CdtDbtInd", found, "no_direction"))
        return None
    try:
        return read.sign * to_minor(read.amount, read.currency)
    except (NotMoney, UnknownCurrency) as error:
        read.findings.append(_not_money(record, place, "Amt", f"{error}.", "not_whole_units"))
        return None


def _lines(read: ReadEntry, record: Record, place: EntryOf, minor: int, booked_on: date) -> list[Line]:
    details: list[Record] = record.get("details", [])
    amounts = _detail_amounts(read, details, minor)
    if amounts is None:
        read.findings.append(_does_not_add_up(record, place, read, minor))
    shown = details if amounts is not None and details else [_merged(details)]
    status = BOOKED if read.is_booked else PENDING
    bank_ref = bank_ref_of(
        record.get("bank_ref", ""),
        details[0].get("bank_ref", "") if len(details) == 1 else "",
        record.get("entry_ref", ""),
    )
    rows = [_texts(record, detail, place, read.sign) for detail in shown]
    same = "" if bank_ref else texts_of((row[1], row[3], row[4], row[5]) for row in rows)
    entry_id = place.ids.entry_id(place.account, booked_on.isoformat(), f"{minor}{read.currency}", bank_ref, same)
    value_on = day_of(record.get("value", ""))
    lines: list[Line] = []
    for ordinal, (amount, row) in enumerate(zip(amounts or [minor], rows, strict=True), 1):
        lines.append(
            (
                payment_id_of(entry_id, ordinal, amount, status), entry_id, place.statement_id, place.family,
                read.number, ordinal if shown is details else 0, place.account, booked_on, value_on, read.currency,
                amount, status, row[0], bank_ref, *row[1:], *_instructed(record, shown[ordinal - 1], read.currency),
            )
        )  # fmt: skip
    return lines


def _detail_amounts(read: ReadEntry, details: list[Record], minor: int) -> list[int] | None:
    """Signed minor units of each detail when they add up to the entry; None when they do not."""
    if len(details) <= 1:
        return [minor]  # a lone detail may state charges or a foreign amount; what was booked is the entry
    signed, unsigned = [], []
    for detail in details:
        amount = _stated_minor(detail, read.currency)
        if amount is None:
            return None
        unsigned.append(read.sign * amount)
        signed.append((sign_of(detail.get("direction", "")) or read.sign) * amount)
    if sum(signed) == minor:
        return signed
    return unsigned if sum(unsigned) == minor else None


def _stated_minor(detail: Record, currency: str) -> int | None:
    """The detail's amount in the entry's currency, from the first place that states it."""
    for key in ("amount", "transaction_amount", "counter_amount"):
        if detail.get(f"{key}_currency", "") == currency and key in detail:
            try:
                return to_minor(detail[key], currency)
            except NotMoney:
                return None
    return None


def _instructed(record: Record, detail: Record, currency: str) -> tuple[str, int]:
    """What the payer paid in another currency, in minor units; ("", 0) where nothing was exchanged or none is told."""
    for stated in (detail, record):
        for key, currency_key in _EXCHANGED:
            if key not in stated or (foreign := stated.get(currency_key, currency)) == currency:
                continue
            try:
                return foreign, abs(to_minor(stated[key], foreign))
            except (NotMoney, UnknownCurrency):
                return "", 0
    return "", 0


def _texts(record: Record, detail: Record, place: EntryOf, sign: int) -> tuple[str, str, str, str, str, str]:
    """kind, end_to_end, payer_name, payer_account, reference, text."""
    kind = _kind(record, detail, sign)
    first, second = ("creditor", "debtor") if kind == "other" and sign < 0 else ("debtor", "creditor")
    payer_account = compact(detail.get(f"{first}_account", ""))
    if payer_account == place.account and payer_account and f"{second}_account" in detail:
        first, payer_account = second, compact(detail[f"{second}_account"])
    end_to_end = detail.get("end_to_end", "")
    text = joined(detail["text"]) if "text" in detail else detail.get("more_text") or record.get("more_text", "")
    if "documents" in detail:
        text = " ".join([text, *detail["documents"]]).strip()
    return (
        kind,
        "" if end_to_end == _NOT_PROVIDED else end_to_end,
        detail.get(first) or detail.get(f"last_{first}", ""),
        payer_account,
        " ".join(map(compact, detail.get("references", ()))),
        text,
    )


def _kind(record: Record, detail: Record, sign: int) -> str:
    """A credit that undoes nothing is a payment; a debit that undoes one is a return; all else is no customer money."""
    undoes = (
        record.get("reversal", "") in _YES
        or "returned" in detail
        or "returned" in record
        or record.get("code", "") in _RETURNS
        or detail.get("code", "") in _RETURNS
    )
    if sign > 0:
        return "other" if undoes else "payment"
    return "return" if undoes else "other"


def _merged(details: list[Record]) -> Record:
    """All texts of details that can't be told apart by amount, as if they were one: a person may still match it."""
    merged: Record = {}
    for detail in details:
        for key, value in detail.items():
            if isinstance(value, list):
                merged.setdefault(key, []).extend(value)
            elif key == "returned":
                merged[key] = value
    return merged


def _not_money(record: Record, place: EntryOf, field: str, found: str, code: str) -> Finding:
    return Finding(
        code=f"bank.entry_{code}",
        severity=Severity.REFUSED,
        found=found,
        remedy="The entry is not booked, the rest of the file is; ask the bank about this entry.",
        source=place.source,
        line=record.get("line"),
        field=field,
        subject=place.statement_id,
    )


def _does_not_add_up(record: Record, place: EntryOf, read: ReadEntry, minor: int) -> Finding:
    return Finding(
        code="bank.details_do_not_add_up",
        severity=Severity.WARNING,
        found=f"The {read.details} details do not add up to the entry of {read.amount} {read.currency}.",
        remedy="The entry counts as one payment; split it by hand, or ask the bank for its details.",
        source=place.source,
        line=record.get("line"),
        field="NtryDtls",
        subject=place.statement_id,
        amount=minor,
        currency=read.currency,
    )
