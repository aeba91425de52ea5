"""A notice's content put into words, part by part. The only place that says in which order a notice tells things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from csp_receivables.adapters.notices.outside import header_text, one_line
from csp_receivables.adapters.notices.parts import DOT, Document, Facts, Heading, Lines, Paragraph, Part, Row, Table
from csp_receivables.adapters.notices.support_parts import cover_rows, desk_rows
from csp_receivables.adapters.notices.wording import CLOSING, OPENING, SUBJECT, TITLE, Wording
from csp_receivables.domain.collections.notice_content import STATEMENT, NoticeContent, Receivable, Total
from csp_receivables.domain.collections.seller import PaymentAccount

NUMBERS_NAMED_MAX = 3  # in a sentence; the table names all of them


def compose(content: NoticeContent, wording: Wording) -> Document:
    """The notice as parts in its language. BadTemplate when the language lacks words for it."""
    said = wording.notice(content.kind, sentence_values(content, wording))
    return Document(
        subject=header_text(said[SUBJECT]),
        title=" ".join(said[TITLE].split()),
        sender=one_line(content.seller.name),
        language=str(wording.manner.locale).replace("_", "-"),
        direction=wording.manner.locale.text_direction,
        parts=tuple(_parts(content, wording, said)),
    )


def statement_of(content: NoticeContent) -> NoticeContent:
    """The statement of account that goes with a notice."""
    return replace(
        content,
        kind=STATEMENT,
        receivables=content.statement,
        totals=content.statement_totals,
        access_on=None,
        attach_statement=False,
    )


def sentence_values(content: NoticeContent, wording: Wording) -> dict[str, Any]:
    """What a file of words may use as `notice.…`: text ready to be said, and whole numbers to choose a plural by."""
    manner = wording.manner
    numbers = [one_line(each.number) for each in content.receivables]
    totals = [total for total in content.totals if total.to_pay > 0]
    return {
        "n": len(numbers),
        "numbers": manner.listed(numbers) if len(numbers) <= NUMBERS_NAMED_MAX else "",
        "customer": one_line(content.name),
        "customer_id": one_line(content.customer_id),
        "seller": one_line(content.seller.name),
        "dated": manner.long_day(content.dated),
        "payments_until": manner.long_day(content.payments_until),
        "first_due_on": manner.long_day(min((each.due_on for each in content.receivables), default=content.dated)),
        "due_days": len({each.due_on for each in content.receivables}),
        "days_overdue": max((each.days_overdue for each in content.receivables), default=0),
        "to_pay": manner.listed([manner.money(total.to_pay, total.currency) for total in totals]),
        "access_on": manner.long_day(content.access_on) if content.access_on else "",
        "subscriptions": len(content.subscriptions),
        "policy_web": one_line(content.seller.policy_web),
        "has_attachment": content.attach_statement,
        "payment": _payment(content, manner),
        "promise": _promise(content, manner),
    }


def _payment(content: NoticeContent, manner: Any) -> dict[str, Any] | None:
    paid = content.payment
    if paid is None:
        return None
    return {
        "amount": manner.money(paid.amount, paid.currency),
        "received_on": manner.long_day(paid.received_on),
        "n": len(paid.applied),
        "unapplied": paid.amount > sum(amount for _, amount in paid.applied),
    }


def _promise(content: NoticeContent, manner: Any) -> dict[str, str] | None:
    promised = content.promise
    if promised is None:
        return None
    return {
        "amount": manner.money(promised.amount, promised.currency),
        "due_on": manner.long_day(promised.due_on),
        "received": manner.money(promised.received, promised.currency) if promised.received else "",
        "missing": manner.money(promised.amount - promised.received, promised.currency),
    }


def _parts(content: NoticeContent, wording: Wording, said: dict[str, str]) -> Iterator[Part]:
    say = wording.say
    yield Facts(rows=tuple(_about(content, wording)), is_key=True)
    yield Paragraph(text=say("greeting"))
    yield from _paragraphs(said[OPENING])
    if content.payment is not None and content.payment.applied:
        yield Facts(rows=tuple(_applied(content, wording)))
    for total in content.totals:
        yield _table(total, [each for each in content.receivables if each.currency == total.currency], wording)
    if content.subscriptions:
        yield Heading(text=say("subscriptions_heading"))
        yield Lines(lines=tuple(one_line(each) for each in content.subscriptions))
    yield from _paragraphs(said[CLOSING])
    if any(total.to_pay > 0 for total in content.totals):
        yield from _how_to_pay(content, wording)
    if content.receivables:
        yield Heading(text=say("dispute_heading"))
        yield Paragraph(text=say("dispute"))
    yield from _whom_to_ask(content, wording)
    yield Lines(lines=tuple(_signature(content, wording)))


def _paragraphs(text: str) -> Iterator[Paragraph]:
    for block in text.replace("\r\n", "\n").split("\n\n"):
        if words := " ".join(block.split("\n")).strip():
            yield Paragraph(text=" ".join(word for word in words.split(" ") if word))


def _about(content: NoticeContent, wording: Wording) -> Iterator[tuple[str, str]]:
    say, manner = wording.say, wording.manner
    yield say("label_customer"), ", ".join(map(one_line, (content.name, *content.address)))
    yield say("label_customer_number"), one_line(content.customer_id)
    if content.org_number:
        yield say("label_org_number"), one_line(content.org_number)
    yield say("label_date"), manner.long_day(content.dated)
    for total in content.totals:
        if total.to_pay > 0:
            yield say("label_to_pay"), manner.money(total.to_pay, total.currency)
        if total.to_pay < 0:
            yield say("label_in_your_favour"), manner.money(-total.to_pay, total.currency)
        overdue = sum(x.open for x in content.receivables if x.currency == total.currency and x.days_overdue > 0)
        if content.kind == STATEMENT and overdue:
            yield say("label_overdue"), manner.money(overdue, total.currency)
    if content.access_on:
        yield say("label_access"), manner.long_day(content.access_on)


def _applied(content: NoticeContent, wording: Wording) -> Iterator[tuple[str, str]]:
    assert content.payment is not None
    for number, amount in content.payment.applied:
        yield wording.say("label_invoice", one_line(number)), wording.manner.money(amount, content.payment.currency)


def _table(total: Total, receivables: list[Receivable], wording: Wording) -> Table:
    say, money = wording.say, wording.manner.money
    return Table(
        caption=say("caption", total.currency),
        columns=(say("column_number"), say("column_due"), say("column_open")),
        rows=tuple(_row(each, wording) for each in receivables),
        sums=tuple(_sums(total, say, money)),
    )


def _row(each: Receivable, wording: Wording) -> Row:
    say, money, day = wording.say, wording.manner.money, wording.manner.day
    details = [say("issued_on", day(each.issued_on)), say("days", each.days_overdue)]
    details.append(say("amount", money(each.amount, each.currency)))
    if each.received:
        details.append(say("received", money(each.received, each.currency)))
    if each.reference:
        details.append(say("reference", one_line(each.reference)))
    if each.interest:
        details.append(say("interest", money(each.interest, each.currency)))
    if each.fee:
        details.append(say("fee", money(each.fee, each.currency)))
    return Row(cells=(one_line(each.number), day(each.due_on), money(each.open, each.currency)), details=tuple(details))


def _sums(total: Total, say: Callable[..., str], money: Callable[[int, str], str]) -> Iterator[tuple[str, str]]:
    code = total.currency
    if total.credit or total.interest or total.fees:
        yield say("sum_open"), money(total.open, code)
    if total.credit:
        yield say("sum_credit"), money(-total.credit, code)
    if total.interest:
        yield say("sum_interest"), money(total.interest, code)
    if total.fees:
        yield say("sum_fees"), money(total.fees, code)
    if total.to_pay < 0:
        yield say("label_in_your_favour"), money(-total.to_pay, code)
    else:
        yield say("label_to_pay"), money(total.to_pay, code)


def _how_to_pay(content: NoticeContent, wording: Wording) -> Iterator[Part]:
    say = wording.say
    yield Heading(text=say("pay_heading"))
    for total in content.totals:
        if total.to_pay > 0 and total.account is not None:
            amount = (say("label_to_pay"), wording.manner.money(total.to_pay, total.currency))
            yield Facts(rows=(amount, *_account(total.account, content.seller.name, say)))
    has_references = [bool(each.reference) for each in content.receivables]
    yield Paragraph(
        text=say("state_reference", "all" if all(has_references) else "some" if any(has_references) else "none")
    )
    yield Paragraph(text=say("already_paid", wording.manner.long_day(content.payments_until)))


def _account(account: PaymentAccount, seller: str, say: Callable[..., str]) -> Iterator[tuple[str, str]]:
    named = {
        "label_holder": account.holder or seller,
        "label_bank": account.bank,
        "label_bankgiro": account.bankgiro,
        "label_iban": account.iban,
        "label_bic": account.bic,
    }
    for label, value in named.items():
        if value:
            yield say(label), one_line(value)


def _whom_to_ask(content: NoticeContent, wording: Wording) -> Iterator[Part]:
    seller, say = content.seller, wording.say
    yield Heading(text=say("invoices_heading"))
    yield Facts(rows=tuple(desk_rows(seller.invoices, seller.time_zone, wording)))
    yield from _support(content, wording)
    if seller.policy_web:
        yield Paragraph(text=say("policy", one_line(seller.policy_web)))


def _support(content: NoticeContent, wording: Wording) -> Iterator[Part]:
    """Who helps, and how to reach them; what that covers and costs where neither a page nor an attachment says it."""
    seller, terms, say = content.seller, content.support, wording.say
    yield Heading(text=say("support_heading"))
    yield Facts(rows=tuple(desk_rows(terms.desk if terms else seller.support, seller.time_zone, wording)))
    if terms is None:
        return
    if content.kind == STATEMENT or not (terms.web or content.attach_statement):
        yield Facts(rows=tuple(cover_rows(terms, seller, wording)))
    if terms.web:
        yield Paragraph(text=say("support_terms", one_line(terms.web)))
    elif content.attach_statement and content.kind != STATEMENT:
        yield Paragraph(text=say("support_terms_attached"))


def _signature(content: NoticeContent, wording: Wording) -> Iterator[str]:
    seller, say = content.seller, wording.say
    yield say("regards")
    yield one_line(seller.name)
    if seller.address:
        yield ", ".join(map(one_line, seller.address))
    numbers = [f"{say('label_org_number')} {one_line(seller.org_number)}"]
    if seller.vat_number:
        numbers.append(f"{say('label_vat_number')} {one_line(seller.vat_number)}")
    yield DOT.join(numbers)
    if seller.web:
        yield one_line(seller.web)
