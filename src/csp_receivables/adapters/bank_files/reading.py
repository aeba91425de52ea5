"""A statement while its entries pass by, for formats whose entries bear no details of their own (MT940, BAI2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from csp_receivables.adapters.bank_files.camt_entry import BOOKED, PENDING, Line
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import NotMoney, to_minor
from csp_receivables.domain.payment_ids import EntryIds, EqualsBefore, bank_ref_of, payment_id_of, texts_of
from csp_receivables.domain.statements import Statement

Doubt = tuple[str, str, str]  # code of the finding, field of the file, what differs with both figures


# Is it a credit, does it undo an earlier entry: a debit that does is a return, what is neither is no customer's money.
_KINDS = {(True, False): "payment", (True, True): "other", (False, True): "return", (False, False): "other"}


NOTHING_INSTRUCTED = ("", 0)


@dataclass(slots=True, kw_only=True)
class Entry:
    """One booking as its file states it. `amount` is unsigned and exact, `sign` +1 for a credit."""

    line: int
    amount: Decimal
    sign: int
    booked_on: date | None
    value_on: date | None
    undoes: bool = False  # it takes an earlier booking back
    is_booked: bool = True
    bank_ref: str = ""
    end_to_end: str = ""
    payer_name: str = ""
    payer_account: str = ""
    reference: str = ""
    text: str = ""
    instructed: tuple[str, int] = NOTHING_INSTRUCTED  # currency and minor units that the payer paid in


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the format calls its fields, for findings."""

    amount: str
    day: str
    account: str
    opening: str
    closing: str


@dataclass(slots=True)
class Reading:
    """Adds entries up, gives each its identity and its line of money."""

    statement: Statement  # as its header states it; sums are added when it is finished
    names: Names
    ids: EntryIds = field(default_factory=EntryIds)
    entries: int = 0
    credits: Decimal = Decimal(0)
    debits: Decimal = Decimal(0)
    booked: Decimal = Decimal(0)
    days: set[date] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def begin(cls, header: Statement, names: Names, equals_before: EqualsBefore) -> Reading:
        """`header` has everything but the sums."""
        return cls(header, names, EntryIds(equals_before(header)))

    def add(self, entry: Entry) -> Line | None:
        """The entry's line; None, with a finding, when it can't be money."""
        self.entries += 1
        amount, sign = entry.amount, entry.sign
        if sign > 0:
            self.credits += amount
        elif sign < 0:
            self.debits += amount
        if entry.booked_on is None:
            self._no_money("bank.entry_no_day", entry.line, self.names.day, "The entry bears no day.")
            return None
        if entry.is_booked:
            self.days.add(entry.booked_on)
        try:
            minor = sign * to_minor(amount, self.statement.currency or "")
        except (NotMoney, UnknownCurrency) as error:
            self._no_money("bank.entry_not_whole_units", entry.line, self.names.amount, f"{error}.")
            return None
        if entry.is_booked:
            self.booked += sign * amount
        return self._line(entry, minor, entry.booked_on)

    def _line(self, entry: Entry, minor: int, booked_on: date) -> Line:
        stated = self.statement
        currency, account = stated.currency or "", stated.account
        status = BOOKED if entry.is_booked else PENDING
        bank_ref = bank_ref_of(entry.bank_ref, "", "")
        same = "" if bank_ref else texts_of(((entry.end_to_end, entry.payer_account, entry.reference, entry.text),))
        entry_id = self.ids.entry_id(account, booked_on.isoformat(), f"{minor}{currency}", bank_ref, same)
        kind = _KINDS[minor > 0, entry.undoes]
        return (
            payment_id_of(entry_id, 1, minor, status), entry_id, stated.statement_id, stated.family,
            self.entries, 0, account, booked_on, entry.value_on, currency,
            minor, status, kind, bank_ref, entry.end_to_end, entry.payer_name, entry.payer_account, entry.reference,
            entry.text, *entry.instructed,
        )  # fmt: skip

    def refuse(self, code: str, line: int, name: str, found: str) -> None:
        """Count an entry that says too little to be added up."""
        self.entries += 1
        self._no_money(code, line, name, found)

    def _no_money(self, code: str, line: int, name: str, found: str) -> None:
        remedy = "The entry is not booked, the rest of the file is; ask the bank about this entry."
        self._remark(code, Severity.REFUSED, (line, name), found, remedy)

    def _remark(self, code: str, severity: Severity, place: tuple[int, str], found: str, remedy: str) -> None:
        self.findings.append(
            Finding(
                code=code,
                severity=severity,
                found=found,
                remedy=remedy,
                source=self.statement.source,
                line=place[0],
                field=place[1],
                subject=self.statement.statement_id,
            )
        )

    def finish(self, line: int, doubts: Sequence[Doubt] = (), *, balances_expected: bool = True) -> Statement:
        """The whole statement, which ends in `line`; what to look at in it is then in `findings`.

        A doubt (a control total that differs, an end that is missing) holds the statement.
        """
        stated = self.statement
        whole = replace(
            stated,
            from_on=stated.from_on or min(self.days, default=stated.until_on),
            until_on=stated.until_on or max(self.days, default=None),
            entries=self.entries,
            credits=self.credits,
            debits=self.debits,
            booked=self.booked,
            controls_hold=False if doubts else None,
        )
        accept = f"Nothing of it is booked until: csp import bank --accept {whole.statement_id} --by NAME --why …"
        if not whole.account:
            self._remark("bank.no_account", Severity.WARNING, (line, self.names.account),
                         "The statement names no account.", "Ask the bank for one that does.")  # fmt: skip
        for code, name, found in doubts:
            self._remark(code, Severity.HELD, (line, name), found, accept)
        if found := what_differs(whole):
            self._remark("bank.statement_does_not_prove", Severity.HELD, (line, self.names.closing), found, accept)
        if balances_expected and not doubts and (whole.opening is None or whole.closing is None):
            missing, name = (
                ("opening", self.names.opening) if whole.opening is None else ("closing", self.names.closing)
            )
            self._remark("bank.no_balance", Severity.WARNING, (line, name),
                         f"The statement has no {missing} balance that can be read, so nothing proves it.",
                         "Ask the bank for statements with opening and closing balance.")  # fmt: skip
        return whole


def what_differs(statement: Statement) -> str:
    """Both figures where the balances do not prove the statement; "" where they do or are not there."""
    difference = statement.difference
    if difference is None:
        return ""
    if not statement.one_currency:
        return "The balances are in different currencies, so no sum proves them."
    if difference == 0:
        return ""
    return (
        f"Opening {statement.opening:f} and booked entries of {statement.booked:f} make {statement.made:f}, "
        f"but closing is {statement.closing:f}: a difference of {difference:f}."
    )
