"""The escalation pack of one customer: everything a person needs to take a debt over, as PDF and workbook."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from csp_receivables.adapters.escalation.files import XLSX
from csp_receivables.adapters.escalation.words import age, amount
from csp_receivables.adapters.notices import as_html, as_pdf
from csp_receivables.adapters.notices.outside import header_text, one_line
from csp_receivables.adapters.notices.parts import (
    Bar,
    Bars,
    Document,
    Facts,
    Heading,
    Lines,
    Paragraph,
    Part,
    Row,
    Table,
)
from csp_receivables.adapters.notices.text import as_text
from csp_receivables.adapters.outside_text import cell_text
from csp_receivables.adapters.whole_folder import alone, replace_whole
from csp_receivables.adapters.workbook.cells import Cell, day_cell, money_cell, put
from csp_receivables.adapters.workbook.styles import PAPER_A4, Styles
from csp_receivables.domain.collections.decision_words import in_words
from csp_receivables.domain.escalation.account import Bill, CustomerAccount
from csp_receivables.domain.escalation.channels import Step, next_step
from csp_receivables.domain.outbox.letters import Attachment, Content

PAYMENTS_SHOWN_MAX = 25  # the workbook has them all
COLUMNS = ("What", "Age", "Amount")


def pack_document(account: CustomerAccount, sender: str) -> Document:
    """The pack as a document: one screen of standing and next step, then the detail."""
    demo = "DEMO: " if account.is_demo else ""
    who = one_line(account.name or account.customer_id)
    return Document(
        subject=header_text(f"{demo}Escalation pack: {who}"),
        title=f"{demo}Escalation pack: {who}",
        sender=one_line(sender),
        language="en",
        direction="ltr",
        parts=tuple(_parts(account)),
    )


def _parts(account: CustomerAccount) -> Iterator[Part]:
    step = next_step(account)
    yield Facts(rows=tuple(_standing(account, step)), is_key=True)
    yield from (_ageing(account, currency) for currency in account.open())
    if account.decision is not None:
        yield Heading(text="How it came to this")
        yield Lines(lines=tuple(one_line(line) for line in in_words(account.decision)))
    yield from _receivables(account)
    yield from _payments(account)
    yield from _letters(account)
    yield from _holds(account)
    yield from _interest(account)
    yield from _at_microsoft(account)
    yield from _access(account)
    yield from _people(account)
    yield Heading(text="Ways on from here")
    yield Lines(lines=tuple(f"{way.name}: {way.how}" for way in step.ways))
    yield Paragraph(text=f"As of the end of {account.on}, with what was known at {account.known_at[:16]} UTC.")


def _standing(account: CustomerAccount, step: Step) -> Iterator[tuple[str, str]]:
    yield "Customer", one_line(f"{account.customer_id} {account.org_number} {account.country}")
    yield "Open", _money(account.open())
    yield "Overdue", _money(account.overdue())
    oldest = max((bill.days_late(account.on) for bill in account.bills), default=0)
    yield "Oldest", age(oldest) if oldest else "nothing is overdue"
    yield "Not applied", _money(account.unapplied())
    margin = {code: sum(c.margin for c in account.charged if c.currency == code) for code in _codes(account)}
    yield "Margin at risk", _money(margin)
    if taken := [each for each in account.says.access if each.is_taken]:
        many = "s" if len(taken) > 1 else ""
        yield "Access", f"taken from {len(taken)} subscription{many} since {min(each.on for each in taken)}"
    elif account.case.suspension:
        yield "Access", f"taken since {account.case.suspension.on}"
    yield "Next step", step.what
    yield "Owner", one_line(step.owner) or "nobody is named"


def _codes(account: CustomerAccount) -> list[str]:
    return sorted({each.currency for each in account.charged})


def _money(amounts: Any) -> str:
    return ", ".join(amount(minor, code) for code, minor in amounts.items()) or "0"


def _ageing(account: CustomerAccount, currency: str) -> Bars:
    limits = (("Not due", 0), ("1–30 days", 30), ("31–60 days", 60), ("61–90 days", 90), ("Over 90 days", None))
    sums = dict.fromkeys((label for label, _ in limits), 0)
    for bill in account.open_bills():
        if bill.currency == currency:
            late = bill.days_late(account.on)
            sums[next(label for label, most in limits if most is None or late <= most)] += bill.open
    widest = max(*sums.values(), 1)
    bars = (Bar(label=k, figure=amount(v, currency), per_mille=v * 1000 // widest) for k, v in sums.items())
    return Bars(caption=f"What is open in {currency}, by age", bars=tuple(bars))


def _receivables(account: CustomerAccount) -> Iterator[Part]:
    for currency in sorted({bill.currency for bill in account.bills}):
        bills = [bill for bill in account.bills if bill.currency == currency]
        opened = sum(bill.open for bill in bills if bill.kind == "invoice")
        yield Table(
            caption=f"Every receivable in {currency}",
            columns=("Number", "Late", "Open"),
            rows=tuple(_bill(bill, account.on) for bill in bills),
            sums=(("Open", amount(opened, currency)),),
        )


def _bill(bill: Bill, on: date) -> Row:
    kind = "credit note" if bill.kind == "credit_note" else "invoice"
    parts = [f"{kind} of {bill.issued_on}, due {bill.due_on}", f"amount {amount(bill.amount, bill.currency)}"]
    told = (("paid", bill.paid), ("credited", bill.credited), ("written off", bill.written_off))
    parts += [f"{word} {amount(minor, bill.currency)}" for word, minor in told if minor]
    late = bill.days_late(on)
    return Row(
        cells=(one_line(bill.number), age(late) if late else "", amount(bill.open, bill.currency)), details=tuple(parts)
    )


def _payments(account: CustomerAccount) -> Iterator[Part]:
    if not account.payments:
        return
    shown = account.payments[:PAYMENTS_SHOWN_MAX]
    more = f", the newest {len(shown)} of {len(account.payments)}" if len(account.payments) > len(shown) else ""
    yield Table(
        caption=f"Payments and where they went{more}",
        columns=("Booked on", "", "Amount"),
        rows=tuple(
            Row(
                cells=(each.booked_on.isoformat(), "", amount(each.amount, each.currency)),
                details=tuple(
                    [f"{one_line(number)} {amount(minor, each.currency)}" for number, minor in each.applied]
                    + ([f"not applied {amount(each.left, each.currency)}"] if each.left else [])
                    + (
                        [f"returned {each.returned_on}: {amount(each.returned, each.currency)}"]
                        if each.returned
                        else []
                    )
                ),
            )
            for each in shown
        ),
        sums=(),
    )


def _letters(account: CustomerAccount) -> Iterator[Part]:
    yield Heading(text="What they were told, with proof of delivery")
    told = [
        f"{each.on}: {each.what.replace('_', ' ')}, {each.delivery.replace('_', ' ')} ({one_line(each.proof)})"
        for each in account.says.letters
    ]
    yield Lines(lines=tuple(told)) if told else Paragraph(text="No letter was handed over.")


def _holds(account: CustomerAccount) -> Iterator[Part]:
    if account.holds:
        yield Heading(text="Holds, promises and plans")
        yield Lines(lines=tuple(f"{each.state}: {one_line(str(each.reason()))}" for each in account.holds))


def _interest(account: CustomerAccount) -> Iterator[Part]:
    owed = account.interest
    if not (owed.interest or owed.fixed_sums or owed.because):
        return
    yield Heading(text="Interest and fixed sums that the law allows")
    lines = []
    for bill in account.open_bills():
        interest, fixed = owed.interest.get(bill.receivable_id, 0), owed.fixed_sums.get(bill.receivable_id, 0)
        if interest or fixed:
            fixed_text = f", fixed sum {amount(fixed, bill.currency)}" if fixed else ""
            lines.append(f"{one_line(bill.number)}: interest {amount(interest, bill.currency)}{fixed_text}")
    yield Lines(lines=(*lines, *dict.fromkeys(one_line(reason.actual) for reason in owed.because)))


def _at_microsoft(account: CustomerAccount) -> Iterator[Part]:
    yield Heading(text="Subscriptions, and what Microsoft still charges")
    lines = [
        f"{one_line(each.offer_name)}: {each.quantity} {each.status}, term ends {each.commitment_ends_at:%Y-%m-%d}"
        if each.commitment_ends_at
        else f"{one_line(each.offer_name)}: {each.quantity} {each.status}, no term end"
        for each in account.says.subscriptions
    ]
    lines += [
        f"{one_line(each.vendor_invoice) or 'not attributed'}: cost {amount(each.cost, each.currency)}, "
        f"billed {amount(each.billed_net, each.currency)}, margin {amount(each.margin, each.currency)}"
        for each in account.charged
    ]
    yield Lines(lines=tuple(lines)) if lines else Paragraph(text="No subscription and no charge is known.")


def _access(account: CustomerAccount) -> Iterator[Part]:
    if account.says.access:
        yield Heading(text="Access taken and given back, by its history")
        told = (f"{e.on}: {one_line(e.subscription)}: {e.what}, {e.event}" for e in account.says.access)
        yield Lines(lines=tuple(each.replace("_", " ") for each in told))


def _people(account: CustomerAccount) -> Iterator[Part]:
    if account.says.people:
        yield Heading(text="Whom to talk to")
        named = (f"{each.name}, {each.role}, {each.email}" for each in account.says.people)
        yield Lines(lines=tuple(one_line(each.strip(", ")) for each in named))


def pack_workbook(account: CustomerAccount) -> bytes:
    """The pack as a workbook: receivables, payments, letters, charges."""
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(data, options) as book:
        created = datetime.fromisoformat(account.known_at).replace(tzinfo=None)
        book.set_properties({"title": f"Escalation pack as of {account.on}", "created": created})
        styles = Styles(book)
        _sheet(book, styles, "Receivables", _BILL_COLUMNS, (_bill_cells(b, account.on, styles) for b in account.bills))
        _sheet(book, styles, "Payments", _PAID_COLUMNS, _paid_cells(account, styles))
        letters = ((day_cell(e.on, styles), e.what, e.delivery, cell_text(e.proof)) for e in account.says.letters)
        _sheet(book, styles, "Letters", (("On", 12), ("What", 22), ("Delivery", 12), ("Proof", 80)), letters)
        _sheet(book, styles, "Microsoft", _CHARGED_COLUMNS, _charged_cells(account, styles))
    return data.getvalue()


_BILL_COLUMNS = (
    ("Number", 18), ("Kind", 12), ("Issued", 12), ("Due", 12), ("Currency", 9), ("Amount", 16), ("Paid", 16),
    ("Credited", 16), ("Written off", 16), ("Open", 16), ("Days late", 10), ("Reference", 26),
)  # fmt: skip
_PAID_COLUMNS = (
    ("Booked on", 12),
    ("Currency", 9),
    ("Amount", 16),
    ("Applied to", 20),
    ("Applied", 16),
    ("Left", 16),
    ("Returned", 16),
    ("Returned on", 12),
)
_CHARGED_COLUMNS = (("Vendor invoice", 18), ("Currency", 9), ("Cost", 16), ("Billed", 16), ("Margin", 16))


def _bill_cells(bill: Bill, on: date, styles: Styles) -> tuple[Cell, ...]:
    figures = (bill.amount, bill.paid, bill.credited, bill.written_off, bill.open)
    money = tuple(money_cell(minor, bill.currency, styles) for minor in figures)
    days = (day_cell(bill.issued_on, styles), day_cell(bill.due_on, styles))
    late = (bill.days_late(on), styles.count)
    return (cell_text(bill.number), bill.kind, *days, bill.currency, *money, late, cell_text(bill.reference))


def _paid_cells(account: CustomerAccount, styles: Styles) -> Iterator[tuple[Cell, ...]]:
    for each in account.payments:
        back = (money_cell(each.returned, each.currency, styles), day_cell(each.returned_on, styles))
        for number, minor in each.applied or (("", 0),):
            yield (
                day_cell(each.booked_on, styles),
                each.currency,
                money_cell(each.amount, each.currency, styles),
                cell_text(number),
                money_cell(minor, each.currency, styles),
                money_cell(each.left, each.currency, styles),
                *back,
            )


def _charged_cells(account: CustomerAccount, styles: Styles) -> Iterator[tuple[Cell, ...]]:
    for each in account.charged:
        figures = (each.cost, each.billed_net, each.margin)
        money = tuple(money_cell(minor, each.currency, styles) for minor in figures)
        yield (cell_text(each.vendor_invoice), each.currency, *money)


def _sheet(
    book: Any, styles: Styles, title: str, columns: Sequence[tuple[str, int]], rows: Iterable[tuple[Cell, ...]]
) -> None:
    sheet = book.add_worksheet(title)
    for place, (heading, width) in enumerate(columns):
        sheet.set_column(place, place, width, styles.text)
        sheet.write_string(0, place, heading, styles.heading)
    for row, cells in enumerate(rows, start=1):
        for place, cell in enumerate(cells):
            put(sheet, row, place, cell)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFiles:
    """Writes packs under `outputs`."""

    outputs: Path
    include: Path
    sender: str

    def write(self, account: CustomerAccount) -> Sequence[Path]:
        """Page, PDF and workbook of the account, whole or not at all. Equal accounts give equal bytes."""
        name = self._name(account)
        folder = self.outputs / "escalation" / "packs" / f"{name}-{account.on.isoformat()}"
        letter = self.letter(account)
        contents = {f"pack-{name}.html": letter.html.encode()} | {
            each.name: each.content for each in letter.attachments
        }

        def fill(new: Path) -> None:
            for file, content in contents.items():
                (new / file).write_bytes(content)

        with alone(folder):
            replace_whole(folder, fill)
        return [folder / each for each in contents]

    def letter(self, account: CustomerAccount) -> Content:
        """The pack as a letter to the house: its page and text, with PDF and workbook attached."""
        name, document = self._name(account), pack_document(account, self.sender)
        pdf = as_pdf(document, account.on, self.include / "fonts")
        return Content(
            subject=document.subject,
            text=as_text(document),
            html=as_html(document, self.include / "templates" / "notices"),
            language=document.language,
            reply_to="",
            attachments=(
                Attachment(name=f"pack-{name}.pdf", kind="application/pdf", content=pdf),
                Attachment(name=f"pack-{name}.xlsx", kind=XLSX, content=pack_workbook(account)),
            ),
        )

    @staticmethod
    def _name(account: CustomerAccount) -> str:
        return "".join(sign if sign.isalnum() else "-" for sign in account.customer_id)[:60]
