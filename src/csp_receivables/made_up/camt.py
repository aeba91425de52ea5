"""ISO 20022 files of a made-up bank, version 08: camt.053 statements that prove, camt.054 and camt.052."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from csp_receivables.domain.currencies import exponent
from csp_receivables.made_up.bookings import BankAccount, Booking, Detail, StatementPage

BODY = {
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    "052": ("BkToCstmrAcctRpt", "Rpt"),
}
ZONE = ZoneInfo("Europe/Stockholm")
_IBAN_PREFIX = 2  # letters


def document(account: BankAccount, page: StatementPage, family: str, pending: Sequence[Booking] = ()) -> Iterator[str]:
    """The page as XML in parts, `family` "053", "054" or "052". Only a statement has balances."""
    message, part = BODY[family]
    made_at = f"{page.ends_on}T19:30:00{_offset(page.ends_on)}"
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{family}.001.08">\n  <{message}>\n    <GrpHdr>\n'
        f"      <MsgId>{family}{account.currency}{page.ends_on:%Y%m%d}{page.number:04d}</MsgId>\n"
        f"      <CreDtTm>{made_at}</CreDtTm>\n    </GrpHdr>\n    <{part}>\n"
        f"      <Id>{account.number[-6:]}-{family}-{page.ends_on:%Y%m%d}</Id>\n"
        f"      <ElctrncSeqNb>{page.number}</ElctrncSeqNb>\n      <CreDtTm>{made_at}</CreDtTm>\n      <FrToDt>\n"
        f"        <FrDtTm>{page.starts_on}T00:00:00{_offset(page.starts_on)}</FrDtTm>\n"
        f"        <ToDtTm>{page.ends_on}T23:59:59{_offset(page.ends_on)}</ToDtTm>\n      </FrToDt>\n"
        f"      <Acct>\n        <Id>\n{_account_id(account.number, 10)}        </Id>\n"
        f"        <Ccy>{account.currency}</Ccy>\n        <Ownr>\n          <Nm>{escape(account.owner)}</Nm>\n"
        "        </Ownr>\n        <Svcr>\n          <FinInstnId>\n"
        f"            <BICFI>{account.bic}</BICFI>\n          </FinInstnId>\n        </Svcr>\n      </Acct>\n"
    )
    if page.opening is not None:
        yield _balance(account, "OPBD", page.opening, page.starts_on)
        yield _balance(account, "CLBD", page.closing, page.ends_on)
    for booking in page.bookings:
        yield _entry(account, booking, "BOOK", with_details=family == "054" or not booking.is_batch)
    for booking in pending:
        yield _entry(account, booking, "PDNG", with_details=True)
    yield f"    </{part}>\n  </{message}>\n</Document>\n"


def _offset(day: date) -> str:
    """Stockholm's offset from UTC in the evening of the day."""
    text = datetime.combine(day, time(19, 30), ZONE).strftime("%z")
    return f"{text[:3]}:{text[3:]}"


def _account_id(number: str, depth: int) -> str:
    blanks = " " * depth
    if number[:_IBAN_PREFIX].isalpha():
        return f"{blanks}<IBAN>{number}</IBAN>\n"
    return f"{blanks}<Othr>\n{blanks}  <Id>{escape(number)}</Id>\n{blanks}</Othr>\n"


def _balance(account: BankAccount, code: str, minor: int, day: date) -> str:
    return (
        f"      <Bal>\n        <Tp>\n          <CdOrPrtry>\n            <Cd>{code}</Cd>\n          </CdOrPrtry>\n"
        f"        </Tp>\n{_amount(minor, account.currency, 8)}        <Dt>\n          <Dt>{day}</Dt>\n        </Dt>\n"
        "      </Bal>\n"
    )


def _amount(minor: int, currency: str, depth: int) -> str:
    blanks, decimals = " " * depth, exponent(currency)
    whole, part = divmod(abs(minor), 10**decimals)
    text = f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
    return (
        f'{blanks}<Amt Ccy="{currency}">{text}</Amt>\n'
        f"{blanks}<CdtDbtInd>{'DBIT' if minor < 0 else 'CRDT'}</CdtDbtInd>\n"
    )


def _entry(account: BankAccount, booking: Booking, status: str, *, with_details: bool) -> str:
    days = "".join(
        f"        <{tag}>\n          <Dt>{booking.booked_on}</Dt>\n        </{tag}>\n"
        for tag in (("BookgDt", "ValDt") if status == "BOOK" else ("ValDt",))
    )
    reversal = "        <RvslInd>true</RvslInd>\n" if booking.is_return else ""
    bank_ref = f"        <AcctSvcrRef>{booking.bank_ref}</AcctSvcrRef>\n" if booking.bank_ref else ""
    domain, family, sub_family = booking.code
    info = f"        <AddtlNtryInf>{escape(booking.info)}</AddtlNtryInf>\n" if booking.info else ""
    return (
        f"      <Ntry>\n{_amount(booking.amount, account.currency, 8)}{reversal}"
        f"        <Sts>\n          <Cd>{status}</Cd>\n        </Sts>\n{days}{bank_ref}"
        f"        <BkTxCd>\n          <Domn>\n            <Cd>{domain}</Cd>\n            <Fmly>\n"
        f"              <Cd>{family}</Cd>\n              <SubFmlyCd>{sub_family}</SubFmlyCd>\n            </Fmly>\n"
        f"          </Domn>\n        </BkTxCd>\n{_details(account, booking, with_details=with_details)}{info}"
        "      </Ntry>\n"
    )


def _details(account: BankAccount, booking: Booking, *, with_details: bool) -> str:
    number = len(booking.details)
    batch = (
        f"          <Btch>\n            <NbOfTxs>{number}</NbOfTxs>\n          </Btch>\n" if booking.is_batch else ""
    )
    shown = booking.details if with_details else ()
    inside = batch + "".join(_detail(account, booking, detail) for detail in shown)
    return f"        <NtryDtls>\n{inside}        </NtryDtls>\n" if inside else "        <NtryDtls />\n"


def _detail(account: BankAccount, booking: Booking, detail: Detail) -> str:
    refs = (
        f"            <Refs>\n              <EndToEndId>{escape(detail.end_to_end)}</EndToEndId>\n            </Refs>\n"
        if detail.end_to_end
        else ""
    )
    parties = _parties(detail, comes_in=detail.amount > 0 or booking.is_return) if detail.payer else ""
    why = (
        "            <RtrInf>\n              <Rsn>\n                <Cd>AC04</Cd>\n              </Rsn>\n"
        "            </RtrInf>\n"
        if booking.is_return
        else ""
    )
    return (
        f"          <TxDtls>\n{refs}{_amount(detail.amount, account.currency, 12)}{parties}{_remittance(detail)}{why}"
        "          </TxDtls>\n"
    )


def _parties(detail: Detail, *, comes_in: bool) -> str:
    """The other party: who paid, or who was paid. A return still names who had paid."""
    role = "Dbtr" if comes_in else "Cdtr"
    account = (
        f"              <{role}Acct>\n                <Id>\n{_account_id(detail.payer_account, 18)}"
        f"                </Id>\n              </{role}Acct>\n"
        if detail.payer_account
        else ""
    )
    return (
        f"            <RltdPties>\n              <{role}>\n                <Pty>\n"
        f"                  <Nm>{escape(detail.payer)}</Nm>\n                </Pty>\n              </{role}>\n"
        f"{account}            </RltdPties>\n"
    )


def _remittance(detail: Detail) -> str:
    if not detail.references and not detail.text:
        return ""
    text = f"              <Ustrd>{escape(detail.text)}</Ustrd>\n" if detail.text else ""
    structured = "".join(
        "              <Strd>\n                <CdtrRefInf>\n                  <Tp>\n"
        "                    <CdOrPrtry>\n                      <Cd>SCOR</Cd>\n                    </CdOrPrtry>\n"
        f"                  </Tp>\n                  <Ref>{escape(reference)}</Ref>\n"
        "                </CdtrRefInf>\n              </Strd>\n"
        for reference in detail.references
    )
    return f"            <RmtInf>\n{text}{structured}            </RmtInf>\n"
