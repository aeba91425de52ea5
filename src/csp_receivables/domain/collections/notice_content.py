"""What a notice to a customer says, as a value: everything that text, HTML and attachments are rendered from.

Amounts are minor units of the currency beside them. Nothing here is words or layout; those are templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from csp_receivables.domain.collections.cases import Case, Debt
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.holds import HoldStanding, HoldState, standing_of
from csp_receivables.domain.collections.open_items import look
from csp_receivables.domain.collections.policy import CollectionsPolicy, nothing
from csp_receivables.domain.collections.seller import PaymentAccount, Seller
from csp_receivables.domain.support.terms import SupportTerms

FINAL_NOTICE, SUSPENSION, REINSTATEMENT = "final_notice", "suspension", "reinstatement"
PAYMENT_RECEIVED, PROMISE_BROKEN, STATEMENT = "payment_received", "promise_broken", "statement"
KINDS = (  # a notice template of each of these must be there in every language; a policy may name more
    "coming_due", "reminder", FINAL_NOTICE, SUSPENSION, REINSTATEMENT, PAYMENT_RECEIVED, PROMISE_BROKEN, STATEMENT,
)  # fmt: skip
LETTERS = frozenset({PAYMENT_RECEIVED, PROMISE_BROKEN, STATEMENT})  # what is written beside the ladder
ACCESS_LETTERS = frozenset({SUSPENSION, REINSTATEMENT})  # what tells of access that was taken or given back
WITHOUT_STATEMENT = frozenset({"coming_due", REINSTATEMENT, PAYMENT_RECEIVED})  # they ask for nothing that is late
_NEEDS_NO_DEBT = frozenset({REINSTATEMENT, PAYMENT_RECEIVED, STATEMENT})


class NoticeRefused(ValueError):
    """A notice that would be wrong or of no use to its reader; the message says what is missing and where it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    """One invoice that a notice names. `received` is what payments and credits took off `amount`."""

    number: str
    issued_on: date
    due_on: date
    days_overdue: int  # on the notice's day; below zero: not due yet
    currency: str
    amount: int
    received: int
    open: int
    reference: str = ""  # to be stated when paying; "": the number is
    interest: int = 0  # to the notice's day; shown apart, never part of `open`
    fee: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The receivables of one currency together. `to_pay` = `open` - `credit` + `interest` + `fees`."""

    currency: str
    amount: int
    received: int
    open: int
    credit: int  # money and credit notes that lie with us and cover nothing yet
    interest: int
    fees: int
    to_pay: int
    account: PaymentAccount | None  # where to pay; None only where nothing is to be paid


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPayment:
    """A payment we say thank you for, and the numbers it was applied to with how much."""

    received_on: date
    currency: str
    amount: int
    applied: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedPayment:
    """What a customer had promised for a day, and what of it came."""

    due_on: date
    currency: str
    amount: int
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a notice says and a decision doesn't look at. The mappings go by receivable id."""

    language: str
    payments_until: date  # bookings on our accounts up to this day are taken into account
    address: tuple[str, ...] = ()
    org_number: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    interest: Mapping[str, int] = field(default_factory=nothing)
    fees: Mapping[str, int] = field(default_factory=nothing)
    subscriptions: tuple[str, ...] = ()  # those whose access is affected, by the names customers know
    attach_statement: bool = False
    written_on: date | None = (
        None  # the day it is sent; None: the day that the decision speaks for, which may be the day before
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeContent:
    """One notice to one customer. `kind` is the name of its template."""

    kind: str
    language: str
    customer_id: str
    name: str
    country: str  # ISO 3166 alpha-2 of the customer
    address: tuple[str, ...]  # lines; empty where we know none
    org_number: str
    seller: Seller
    dated: date
    payments_until: date
    receivables: tuple[Receivable, ...]  # what the notice is about, oldest due first
    totals: tuple[Total, ...]  # of `receivables`, by currency code
    access_on: date | None = None  # the first day on which access may be restricted
    subscriptions: tuple[str, ...] = ()
    payment: ReceivedPayment | None = None
    promise: PromisedPayment | None = None
    statement: tuple[Receivable, ...] = ()  # everything open, for the attached statement of account
    statement_totals: tuple[Total, ...] = ()
    attach_statement: bool = False
    support: SupportTerms | None = None  # who helps the customer; None: the seller's own desk, without terms


def decided_notice(
    case: Case, decision: Decision, policy: CollectionsPolicy, seller: Seller, particulars: Particulars
) -> NoticeContent:
    """The notice that `decision` asks for. NoticeRefused when it asks for none, or the notice could not be right."""
    kind = notice_of(decision, policy)
    if not kind:
        raise NoticeRefused(f"{case.customer_id}: {decision.answer.value} sends no notice; render a kind by its name")
    return notice(
        kind,
        case,
        decision.receivable_ids if kind != REINSTATEMENT else (),
        seller,
        particulars,
        policy=policy,
        dated=particulars.written_on or decision.on,
        decided_on=decision.on,
        access_on=access_affected_on(decision, policy, particulars.written_on or decision.on),
    )


def notice_of(decision: Decision, policy: CollectionsPolicy) -> str:
    """The name of the notice that `decision` asks for; "" for none."""
    if decision.answer in (Answer.SEND_NOTICE, Answer.PROPOSE_SUSPENSION):
        return policy.stage(decision.stage).template
    return REINSTATEMENT if decision.answer is Answer.REINSTATE else ""


def access_affected_on(decision: Decision, policy: CollectionsPolicy, written_on: date) -> date | None:
    """The first day on which access may be restricted after the notice of `decision`; None when it warns of nothing.

    It is never earlier than the suspension that this notice is the warning for may be.
    """
    warned = [s for s in policy.stages if s.warned_by is not None and s.warned_by.stage == decision.stage]
    if decision.answer is not Answer.SEND_NOTICE or not warned:
        return None
    stage = warned[0]
    assert stage.warned_by is not None
    earliest = written_on + timedelta(days=stage.warned_by.days_min)
    named = decision.next_on if decision.next_stage == stage.name else None
    return max(earliest, named) if named else earliest


def notice(
    kind: str,
    case: Case,
    named: Sequence[str],
    seller: Seller,
    particulars: Particulars,
    *,
    policy: CollectionsPolicy,
    dated: date,
    decided_on: date | None = None,
    access_on: date | None = None,
    payment: ReceivedPayment | None = None,
    promise: PromisedPayment | None = None,
) -> NoticeContent:
    """A notice of `kind` about the receivables `named` (ids). A statement is about everything open, whatever is named.

    NoticeRefused when its reader would be told something wrong or nothing: no debt, no day of the consequence, no
    account to pay to, no payment to be thankful for.
    """
    everything = tuple(
        _receivable(debt, particulars, dated) for debt in _of(case, (d.receivable_id for d in case.debts))
    )
    chosen = everything if kind == STATEMENT else tuple(_receivable(d, particulars, dated) for d in _of(case, named))
    whole = account_totals(everything, _credits(case), seller)
    content = NoticeContent(
        kind=kind,
        language=particulars.language,
        customer_id=case.customer_id,
        name=case.name,
        country=case.country,
        address=particulars.address,
        org_number=particulars.org_number,
        seller=seller,
        dated=dated,
        payments_until=particulars.payments_until,
        receivables=chosen,
        totals=whole
        if kind == STATEMENT
        else totals(chosen, _covered(case, named, policy, decided_on or dated), seller),
        access_on=access_on,
        subscriptions=particulars.subscriptions,
        payment=payment,
        promise=promise,
        statement=everything,
        statement_totals=whole,
        attach_statement=particulars.attach_statement or kind == STATEMENT,
    )
    refuse_what_is_wrong(content)
    return content


def broken_promise(case: Case, on: date) -> PromisedPayment | None:
    """The newest promise or plan that was not kept and whose money still has not come in full; None when there is none.

    Money that came late counts as received: nobody is told that it is missing.
    """
    for hold in sorted(case.holds, key=lambda hold: (hold.placed_on, hold.hold_id), reverse=True):
        if promise := missing_payment(standing_of(hold, case, on), case):
            return promise
    return None


def missing_payment(standing: HoldStanding, case: Case) -> PromisedPayment | None:
    """What was promised and judged broken, and what of it came, also late; None where nothing is broken or missing."""
    hold = standing.hold
    if standing.state not in (HoldState.BROKEN, HoldState.PARTLY_KEPT):
        return None
    # A last look knows of money that came after the day it speaks for.
    came = sum(amount for day, code, amount in case.received if code == hold.currency and hold.placed_on <= day)
    if came >= standing.promised:
        return None
    due, promised = hold.placed_on, 0
    for instalment in sorted(hold.instalments, key=lambda each: each.due_on):
        promised += instalment.amount
        due = instalment.due_on
        if promised >= standing.promised:
            break
    return PromisedPayment(due_on=due, currency=hold.currency, amount=standing.promised, received=max(came, 0))


def refuse_what_is_wrong(content: NoticeContent) -> None:
    """Raise NoticeRefused for a notice that nobody should get."""
    who = f"{content.kind} for {content.customer_id}"
    if content.kind not in _NEEDS_NO_DEBT and not any(total.to_pay > 0 for total in content.totals):
        raise NoticeRefused(f"{who}: nothing is left to pay, so there is nothing to write about")
    if content.kind == FINAL_NOTICE and content.access_on is None:
        raise NoticeRefused(f"{who}: no day on which access is affected; let a suspension be warned_by this stage")
    if content.access_on is not None and content.access_on <= content.dated:
        raise NoticeRefused(f"{who}: access would be affected on {content.access_on}, which leaves no time to pay")
    if content.kind == PAYMENT_RECEIVED and content.payment is None:
        raise NoticeRefused(f"{who}: no payment is given")
    if content.kind == PROMISE_BROKEN and content.promise is None:
        raise NoticeRefused(f"{who}: no promise is given")
    for total in (*content.totals, *content.statement_totals):
        if total.to_pay > 0 and total.account is None:
            raise NoticeRefused(
                f"{who}: no account for {total.currency}; add one under accounts in policies/seller.yaml"
            )


def totals(receivables: Iterable[Receivable], credits_: Mapping[str, int], seller: Seller) -> tuple[Total, ...]:
    """`receivables` added up by currency (in the order of the codes), each less what of `credits_` covers it."""
    by_currency: dict[str, list[Receivable]] = {}
    for each in receivables:
        by_currency.setdefault(each.currency, []).append(each)
    return tuple(
        _total(code, found, min(max(credits_.get(code, 0), 0), sum(each.open for each in found)), seller)
        for code, found in sorted(by_currency.items())
    )


def account_totals(everything: Sequence[Receivable], credits_: Mapping[str, int], seller: Seller) -> tuple[Total, ...]:
    """The whole account by currency: all that is open less all that lies with us, so `to_pay` may be below zero."""
    currencies = sorted({each.currency for each in everything} | {code for code, credit in credits_.items() if credit})
    return tuple(
        _total(code, [each for each in everything if each.currency == code], credits_.get(code, 0), seller)
        for code in currencies
    )


def _total(currency: str, receivables: Sequence[Receivable], credit: int, seller: Seller) -> Total:
    owed = sum(each.open for each in receivables)
    interest, fees = sum(each.interest for each in receivables), sum(each.fee for each in receivables)
    return Total(
        currency=currency,
        amount=sum(each.amount for each in receivables),
        received=sum(each.received for each in receivables),
        open=owed,
        credit=credit,
        interest=interest,
        fees=fees,
        to_pay=owed - credit + interest + fees,
        account=seller.account(currency),
    )


def _of(case: Case, receivable_ids: Iterable[str]) -> list[Debt]:
    """The debts of these ids that are still open, oldest due first. NoticeRefused for an id that is not there."""
    debts = {debt.receivable_id: debt for debt in case.debts}
    wanted = list(receivable_ids)
    if unknown := [each for each in wanted if each not in debts]:
        raise NoticeRefused(f"{case.customer_id}: receivable {unknown[0]!r} is not open; decide anew")
    chosen = [debts[each] for each in wanted if debts[each].open_amount > 0]
    return sorted(chosen, key=lambda debt: (debt.due_on, debt.receivable_id))


def _receivable(debt: Debt, particulars: Particulars, dated: date) -> Receivable:
    return Receivable(
        number=debt.number,
        issued_on=debt.issued_on,
        due_on=debt.due_on,
        days_overdue=(dated - debt.due_on).days,
        currency=debt.currency,
        amount=debt.amount,
        received=debt.amount - debt.open_amount,
        open=debt.open_amount,
        reference=particulars.references.get(debt.receivable_id, ""),
        interest=particulars.interest.get(debt.receivable_id, 0),
        fee=particulars.fees.get(debt.receivable_id, 0),
    )


def _credits(case: Case) -> dict[str, int]:
    """What lies with us uncovering, by currency: unapplied money and credit notes."""
    currencies = {*case.unapplied, *case.credit_left}
    return {code: case.unapplied.get(code, 0) + case.credit_left.get(code, 0) for code in sorted(currencies)}


def _covered(case: Case, named: Sequence[str], policy: CollectionsPolicy, on: date) -> dict[str, int]:
    """How much of the debts named is covered by what lies with us, by currency: the same as the decision counts."""
    situation = look(case, policy, on)
    owed = {item.debt.receivable_id: item.owed for item in situation.chased}
    held = {each.hold.receivable_id for each in situation.holds if each.holds}
    covered: dict[str, int] = {}
    for item in situation.items:
        key, currency = item.debt.receivable_id, item.debt.currency
        if key in named and key not in held and not item.rules.exempt_because:
            covered[currency] = covered.get(currency, 0) + item.debt.open_amount - owed.get(key, 0)
    return covered
