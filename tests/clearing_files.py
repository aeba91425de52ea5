"""Made-up BgMax and Nets OCR giro files for tests: what the clearing house would write of given payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

BANKGIRO = "0009912346"
NORWEGIAN_ACCOUNT = "99991042764"


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment's records, and what the totals must know of it."""

    records: tuple[str, ...]
    amount: int
    kind: str


@dataclass(frozen=True, slots=True)
class Section:
    records: tuple[str, ...]
    payments: tuple[Payment, ...] = field(default=())


def bgmax_payment(
    amount: int, *, reference: str = "123455", code: str = "2", kind: str = "20", number: int = 1,
    payer: str = "3783511", more: Sequence[str] = (),
) -> Payment:  # fmt: skip
    """Record 20 or 21 with the records behind it; `amount` in öre, `number` Bankgirot's serial number."""
    first = f"{kind}{payer:0>10}{reference:>25}{amount:018d}{code}0{number:012d}0"
    return Payment((first, *more), amount if kind == "20" else -amount, kind)


def bgmax_reference(reference: str, *, kind: str = "22", amount: int = 0, code: str = "2") -> str:
    return f"{kind}{'3783511':0>10}{reference:>25}{amount:018d}{code}0{1:012d}0"


def bgmax_section(
    *payments: Payment, amount: int | None = None, count: int | None = None, serial: str = "00001",
    day: str = "20261015", currency: str = "SEK",
) -> Section:  # fmt: skip
    total = sum(payment.amount for payment in payments) if amount is None else amount
    counted = len(payments) if count is None else count
    deposit = f"15{'58410000010098232':0>35}{day}{serial}{total:018d}{currency}{counted:08d}"
    records = [record for payment in payments for record in payment.records]
    return Section((f"05{BANKGIRO}{'':10}{currency}", *records, deposit), payments)


def bgmax(*sections: Section, mark: str = "P") -> bytes:
    payments = [payment for section in sections for payment in section.payments]
    extra = sum(record[:2] in ("22", "23") for section in sections for record in section.records)
    counts = (sum(p.kind == "20" for p in payments), sum(p.kind == "21" for p in payments), extra, len(sections))
    trailer = "70" + "".join(f"{count:08d}" for count in counts)
    records = [f"01{'BGMAX':20}01{'20261015173035010331'}{mark}", *(r for s in sections for r in s.records), trailer]
    return "".join(f"{record:80}\r\n" if record else "\r\n" for record in records).encode("iso-8859-1")


def nets_payment(
    amount: int, *, number: int = 1, kid: str = "0000531", day: str = "151026", settlement: str = "1320101464",
    archive: str = "0000000001000000001", payer: str = "99990512341", kind: str = "10", text: str = "", sign: str = "0",
) -> Payment:  # fmt: skip
    """Amount items 1, 2 and, with a text, 3; `amount` in øre, `sign` 0 or a minus."""
    records = [
        f"NY09{kind}30{number:07d}{day}{settlement}{sign}{amount:017d}{kid:>25}000000",
        f"NY09{kind}31{number:07d}{archive}0000000151026{payer}",
    ]
    if text:
        records.append(f"NY09{kind}32{number:07d}{text:40}")
    return Payment(tuple(f"{record:0<80}" for record in records), -amount if sign == "-" else amount, day)


def nets_assignment(
    *payments: Payment, total: int | None = None, transactions: int | None = None, records: int | None = None,
    account: str = NORWEGIAN_ACCOUNT, number: int = 2, first: str = "151026", last: str = "151026",
) -> Section:  # fmt: skip
    inner = [record for payment in payments for record in payment.records]
    added = sum(payment.amount for payment in payments) if total is None else total
    counts = f"{len(payments) if transactions is None else transactions:08d}"
    counts += f"{len(inner) + 2 if records is None else records:08d}"
    start = f"NY090020001008566{number:07d}{account}"
    end = f"NY090088{counts}{added:017d}{first}{first}{last}"
    return Section((f"{start:0<80}", *inner, f"{end:0<80}"), payments)


def nets_ocr(*assignments: Section, total: int | None = None) -> bytes:
    payments = [payment for assignment in assignments for payment in assignment.payments]
    added = sum(payment.amount for payment in payments) if total is None else total
    inner = [record for assignment in assignments for record in assignment.records]
    end = f"NY000089{len(payments):08d}{len(inner) + 2:08d}{added:017d}151026"
    records = [f"{'NY00001000008080017003100010200':0<80}", *inner, f"{end:0<80}"]
    return "".join(f"{record}\n" for record in records).encode("iso-8859-1")
