"""ISO 20022 files of the sample's bank: camt.053 statements that prove and chain, a camt.054 and a camt.052."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import date

from sample_month.payments import Booking, Detail

BIC = "FJBKSE00"  # no bank has it
BODY = {
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    "052": ("BkToCstmrAcctRpt", "Rpt"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the partner; `opening` in minor units at the start of the month."""

    iban: str
    currency: str
    owner: str
    opening: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One file: the days it speaks for, what was booked and what is pending."""

    family: str  # "053", "054" or "052"
    number: int
    starts_on: date
    ends_on: date
    bookings: tuple[Booking, ...]
    opening: int | None = None
    pending: tuple[Booking, ...] = ()

    @property
    def closing(self) -> int:
        return (self.opening or 0) + sum(booking.amount for booking in self.bookings)


def document(account: Account, report: Report) -> bytes:
    """The report as XML, version 08 of its message."""
    message, part = BODY[report.family]
    name = f"camt.{report.family}.001.08"
    root = ET.Element("Document", xmlns=f"urn:iso:std:iso:20022:tech:xsd:{name}")
    body = ET.SubElement(root, message)
    made_at = f"{report.ends_on}T19:30:00{_offset(report.ends_on)}"
    header = ET.SubElement(body, "GrpHdr")
    _leaf(header, "MsgId", f"{report.family}{account.currency}{report.ends_on:%Y%m%d}{report.number:04d}")
    _leaf(header, "CreDtTm", made_at)
    statement = ET.SubElement(body, part)
    _leaf(statement, "Id", f"{account.iban[-6:]}-{report.family}-{report.ends_on:%Y%m%d}")
    _leaf(statement, "ElctrncSeqNb", str(report.number))
    _leaf(statement, "CreDtTm", made_at)
    period = ET.SubElement(statement, "FrToDt")
    _leaf(period, "FrDtTm", f"{report.starts_on}T00:00:00{_offset(report.starts_on)}")
    _leaf(period, "ToDtTm", f"{report.ends_on}T23:59:59{_offset(report.ends_on)}")
    _account(statement, account)
    if report.opening is not None:
        _balance(statement, account, "OPBD", report.opening, report.starts_on)
        _balance(statement, account, "CLBD", report.closing, report.ends_on)
    for booking in report.bookings:
        _entry(statement, account, booking, "BOOK", details=report.family == "054" or not booking.is_batch)
    for booking in report.pending:
        _entry(statement, account, booking, "PDNG", details=True)
    ET.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def _offset(day: date) -> str:
    """Stockholm's offset from UTC: summer time ends on 25 October 2026."""
    return "+02:00" if day < date(2026, 10, 25) else "+01:00"


def _leaf(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text


def _path(parent: ET.Element, *tags: str) -> ET.Element:
    for tag in tags:
        parent = ET.SubElement(parent, tag)
    return parent


def _account(statement: ET.Element, account: Account) -> None:
    made = ET.SubElement(statement, "Acct")
    _leaf(_path(made, "Id"), "IBAN", account.iban)
    _leaf(made, "Ccy", account.currency)
    _leaf(_path(made, "Ownr"), "Nm", account.owner)
    _leaf(_path(made, "Svcr", "FinInstnId"), "BICFI", BIC)


def _balance(statement: ET.Element, account: Account, code: str, minor: int, day: date) -> None:
    made = ET.SubElement(statement, "Bal")
    _leaf(_path(made, "Tp", "CdOrPrtry"), "Cd", code)
    _amount(made, minor, account.currency)
    _leaf(_path(made, "Dt"), "Dt", day.isoformat())


def _amount(parent: ET.Element, minor: int, currency: str) -> None:
    _leaf(parent, "Amt", f"{abs(minor) // 100}.{abs(minor) % 100:02d}", Ccy=currency)
    _leaf(parent, "CdtDbtInd", "DBIT" if minor < 0 else "CRDT")


def _entry(statement: ET.Element, account: Account, booking: Booking, status: str, *, details: bool) -> None:
    made = ET.SubElement(statement, "Ntry")
    _amount(made, booking.amount, account.currency)
    if booking.is_return:
        _leaf(made, "RvslInd", "true")
    _leaf(_path(made, "Sts"), "Cd", status)
    for tag in ("BookgDt", "ValDt") if status == "BOOK" else ("ValDt",):
        _leaf(_path(made, tag), "Dt", booking.booked_on.isoformat())
    if booking.bank_ref:
        _leaf(made, "AcctSvcrRef", booking.bank_ref)
    domain = _path(made, "BkTxCd", "Domn")
    _leaf(domain, "Cd", booking.code[0])
    family = ET.SubElement(domain, "Fmly")
    _leaf(family, "Cd", booking.code[1])
    _leaf(family, "SubFmlyCd", booking.code[2])
    parts = ET.SubElement(made, "NtryDtls")
    if booking.is_batch:
        _leaf(_path(parts, "Btch"), "NbOfTxs", str(len(booking.details)))
    for detail in booking.details if details else ():
        _detail(parts, account, booking, detail)
    if booking.info:
        _leaf(made, "AddtlNtryInf", booking.info)


def _detail(parts: ET.Element, account: Account, booking: Booking, detail: Detail) -> None:
    made = ET.SubElement(parts, "TxDtls")
    if detail.end_to_end:
        _leaf(_path(made, "Refs"), "EndToEndId", detail.end_to_end)
    _amount(made, detail.amount, account.currency)
    if detail.payer:
        _parties(made, detail, comes_in=detail.amount > 0 or booking.is_return)
    if detail.references or detail.text:
        remittance = ET.SubElement(made, "RmtInf")
        if detail.text:
            _leaf(remittance, "Ustrd", detail.text)
        for reference in detail.references:
            creditor = _path(remittance, "Strd", "CdtrRefInf")
            _leaf(_path(creditor, "Tp", "CdOrPrtry"), "Cd", "SCOR")
            _leaf(creditor, "Ref", reference)
    if booking.is_return:
        _leaf(_path(made, "RtrInf", "Rsn"), "Cd", "AC04")


def _parties(made: ET.Element, detail: Detail, *, comes_in: bool) -> None:
    """The other party: who paid, or who was paid. A return still names who had paid."""
    role = "Dbtr" if comes_in else "Cdtr"
    parties = ET.SubElement(made, "RltdPties")
    _leaf(_path(parties, role, "Pty"), "Nm", detail.payer)
    if detail.payer_iban:
        _leaf(_path(parties, f"{role}Acct", "Id"), "IBAN", detail.payer_iban)
