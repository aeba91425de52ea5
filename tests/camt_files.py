"""Made-up camt files for tests: what a bank would write of given entries, in any of the three families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ACCOUNT = "SE4550000000058398257466"
DAY = date(2026, 10, 15)
_BODY = {"camt.053": ("BkToCstmrStmt", "Stmt"), "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
_BODY["camt.052"] = ("BkToCstmrAcctRpt", "Rpt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    amount: str
    text: str = "Tack"
    end_to_end: str = "NOTPROVIDED"
    reference: str = ""

    def xml(self, currency: str) -> str:
        structured = f"<Strd><CdtrRefInf><Ref>{self.reference}</Ref></CdtrRefInf></Strd>" if self.reference else ""
        return (
            f"<TxDtls><Refs><EndToEndId>{self.end_to_end}</EndToEndId></Refs>"
            f'<Amt Ccy="{currency}">{self.amount}</Amt>'
            f"<RltdPties><Dbtr><Nm>Payer</Nm></Dbtr></RltdPties>"
            f"<RmtInf><Ustrd>{self.text}</Ustrd>{structured}</RmtInf></TxDtls>"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    amount: str
    ref: str = ""
    direction: str = "CRDT"
    status: str = "BOOK"
    booked_on: date = DAY
    details: Sequence[Detail] = ()
    more: str = ""  # further elements of Ntry

    def xml(self, currency: str) -> str:
        ref = f"<AcctSvcrRef>{self.ref}</AcctSvcrRef>" if self.ref else ""
        details = "".join(detail.xml(currency) for detail in self.details)
        return (
            f'<Ntry><Amt Ccy="{currency}">{self.amount}</Amt><CdtDbtInd>{self.direction}</CdtDbtInd>{self.more}'
            f"<Sts><Cd>{self.status}</Cd></Sts><BookgDt><Dt>{self.booked_on}</Dt></BookgDt>{ref}"
            + (f"<NtryDtls>{details}</NtryDtls>" if details else "")
            + "</Ntry>\n"
        )

    @property
    def signed(self) -> Decimal:
        booked = self.status == "BOOK"
        return Decimal(self.amount) * (1 if self.direction == "CRDT" else -1) * booked


def camt(
    entries: Sequence[Entry],
    family: str = "camt.053",
    *,
    opening: str = "0.00",
    off_by: str = "0",
    number: str = "1",
    currency: str = "SEK",
    account: str = ACCOUNT,
    first: date = DAY,
    last: date = DAY,
) -> bytes:
    """One file with one statement. A camt.053 has balances that prove it, unless `off_by` says by how much not."""
    message, statement = _BODY[family]
    closing = Decimal(opening) + sum((entry.signed for entry in entries), Decimal(0)) + Decimal(off_by)
    balances = _balance("OPBD", Decimal(opening), currency) + _balance("CLBD", closing, currency)
    text = (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{family}.001.08"><{message}>'
        f"<GrpHdr><MsgId>M</MsgId></GrpHdr><{statement}><Id>{number}</Id>"
        f"<CreDtTm>{last}T20:00:00Z</CreDtTm>"
        f"<FrToDt><FrDtTm>{first}T00:00:00</FrDtTm><ToDtTm>{last}T23:59:59</ToDtTm></FrToDt>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
        + (balances if family == "camt.053" else "")
        + "".join(entry.xml(currency) for entry in entries)
        + f"</{statement}></{message}></Document>"
    )
    return text.encode()


def _balance(kind: str, amount: Decimal, currency: str) -> str:
    direction = "DBIT" if amount < 0 else "CRDT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>{DAY}</Dt></Dt></Bal>"
    )
