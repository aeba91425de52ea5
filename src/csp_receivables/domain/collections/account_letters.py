"""Letters beside the ladder: a promise was broken, a payment settled a round, the month's statement of account.

Pure, and wanted for some days after their cause, so that a weekend, a late run or a breaker loses none; the id makes
each happen once. They follow the policy in force, whatever a round pins, and count for no stage. Whoever is held by
hand, for legal reasons or in insolvency gets none, whatever the hold is on: then people speak with people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from csp_receivables.domain.collections.anchors import working_day_from
from csp_receivables.domain.collections.cases import Case, Debt, Delivery, Hold, HoldKind, Suspension
from csp_receivables.domain.collections.decisions import Answer, Decision, Reason
from csp_receivables.domain.collections.guards import above_minimum, first_guard
from csp_receivables.domain.collections.holds import standing_of
from csp_receivables.domain.collections.notice_content import (
    PAYMENT_RECEIVED,
    PROMISE_BROKEN,
    REINSTATEMENT,
    STATEMENT,
    SUSPENSION,
    NoticeContent,
    Particulars,
    PromisedPayment,
    ReceivedPayment,
    missing_payment,
    notice,
)
from csp_receivables.domain.collections.open_items import look
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.rounds import is_due_round, place_of
from csp_receivables.domain.collections.seller import Seller

WANTED_DAYS = 7  # so long a letter is wanted after its cause; afterwards it would speak of the past
_NO_LETTERS = frozenset({HoldKind.LEGAL, HoldKind.INSOLVENCY, HoldKind.MANUAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRound:
    """A round of which a payment settled the last receivable. `payments`: those of the day that did it, by id."""

    customer_id: str
    round_id: str
    closed_on: date
    payments: Mapping[str, ReceivedPayment]


def settled_by(
    customer_id: str, round_id: str, paid: Sequence[tuple[Debt, int]], received_on: date, closed_on: date
) -> SettledRound:
    """A round that one day's money settled; `paid`: what it paid of which receivable, at least one."""
    currency = min(debt.currency for debt, _ in paid)
    parts = tuple((debt.number, amount) for debt, amount in paid if debt.currency == currency)
    payment = ReceivedPayment(
        received_on=received_on, currency=currency, amount=sum(amount for _, amount in parts), applied=parts
    )
    return SettledRound(customer_id=customer_id, round_id=round_id, closed_on=closed_on, payments={"": payment})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLetter:
    """One letter that is wanted on a day. `about`: hold and instalment's day, round, or month."""

    customer_id: str
    kind: str  # the name of its notice
    about: str
    on: date
    because: tuple[Reason, ...]
    policy_version: str
    receivable_ids: tuple[str, ...] = ()
    payment: ReceivedPayment | None = None
    promise: PromisedPayment | None = None

    @property
    def action_id(self) -> str:
        """What makes it happen once."""
        return f"{self.customer_id}/{self.about}/{self.kind}"


def letters_for(
    case: Case, decision: Decision, policy: CollectionsPolicy, settled: Sequence[SettledRound] = ()
) -> tuple[AccountLetter, ...]:
    """The letters that `case` calls for on the day of its `decision`, by the policy in force. `settled`: its rounds.

    Whoever lost access, or got it back, is told of it, whatever the policy says of letters and whatever is held.
    """
    told = tuple(_of_access(case, decision, policy))
    return (*told, *_letters_by_policy(case, decision, policy, settled))


def _letters_by_policy(
    case: Case, decision: Decision, policy: CollectionsPolicy, settled: Sequence[SettledRound]
) -> tuple[AccountLetter, ...]:
    on, letters = decision.on, policy.letters
    if policy.live_from is None or any(standing_of(h, case, on).holds for h in case.holds if h.kind in _NO_LETTERS):
        return ()
    wanted: list[AccountLetter] = []
    if letters.promise_broken:
        wanted += _promise_broken(case, decision, policy)
    if (
        letters.payment_received and case.suspension is None and case.given_back is None
    ):  # with access taken, its return says so
        wanted += _payments_received(case, policy, settled, on)
    if letters.statement_day:
        wanted += _statement(case, policy, letters.statement_day, on)
    return tuple(wanted)


def letter_notice(
    case: Case, letter: AccountLetter, policy: CollectionsPolicy, seller: Seller, particulars: Particulars
) -> NoticeContent:
    """The notice that `letter` is. NoticeRefused when it could not be right."""
    return notice(
        letter.kind,
        case,
        letter.receivable_ids,
        seller,
        particulars,
        policy=policy,
        dated=particulars.written_on or letter.on,
        decided_on=letter.on,
        payment=letter.payment,
        promise=letter.promise,
    )


def statement_day(on: date, day_of_month: int) -> date:
    """The newest day of statements by `on`; a shorter month's is its last day."""
    this = _in_month(on, day_of_month)
    return this if this <= on else _in_month(on.replace(day=1) - timedelta(days=1), day_of_month)


def is_statement_wanted(policy: CollectionsPolicy, on: date) -> bool:
    """Might anybody's statement be wanted on `on`? Then everybody who owes something is looked at."""
    day = policy.letters.statement_day
    return day is not None and _is_wanted(policy, statement_day(on, day), on)


def days_of_letters(
    policy: CollectionsPolicy, holds: Iterable[Hold], country: str, start: date, end: date
) -> Iterator[date]:
    """Days of a period on which a statement, or a letter about a broken promise, is first wanted."""
    if policy.letters.promise_broken:
        for hold in holds:
            yield from (_seen_broken_on(part.due_on, country) for part in hold.instalments)
    if not policy.letters.statement_day:
        return
    month = start.replace(day=1)
    while month <= end:
        yield _in_month(month, policy.letters.statement_day)
        month = (month + timedelta(days=31)).replace(day=1)


def is_recent(day: date, on: date) -> bool:
    """Is a letter whose cause was seen on `day` still wanted on `on`?"""
    return 0 <= (on - day).days < WANTED_DAYS


def _is_wanted(policy: CollectionsPolicy, day: date, on: date) -> bool:
    return policy.live_from is not None and day >= policy.live_from and is_recent(day, on)


def _in_month(on: date, day_of_month: int) -> date:
    last = (on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return min(on.replace(day=1) + timedelta(days=day_of_month - 1), last)


def _of_access(case: Case, decision: Decision, policy: CollectionsPolicy) -> Iterator[AccountLetter]:
    """What a reading at Microsoft showed is told: access was taken, or came back."""
    suspended, back = case.suspension, case.given_back
    if suspended and suspended.subscriptions and decision.answer is not Answer.REINSTATE:
        owed = tuple(
            d.receivable_id for d in case.debts if d.open_amount > 0 and d.receivable_id in suspended.receivable_ids
        )
        if owed and _is_news(suspended.on, decision.on):
            yield _access_letter(case, SUSPENSION, suspended, decision, policy, owed)
    elif back and back.subscriptions and _is_news(back.on, decision.on):
        yield _access_letter(case, REINSTATEMENT, back, decision, policy, ())


def _is_news(day: date, on: date) -> bool:
    """Lately? The last look speaks for yesterday, and knows what happened today."""
    return (on - day).days < WANTED_DAYS


def _access_letter(  # noqa: PLR0917 - each is one word of it
    case: Case, kind: str, what: Suspension, decision: Decision, policy: CollectionsPolicy, owed: tuple[str, ...]
) -> AccountLetter:
    return AccountLetter(
        customer_id=case.customer_id,
        kind=kind,
        about=f"access {what.round_id}",  # no round of the ladder: it counts for no stage
        on=decision.on,
        because=(Reason(rule=kind, threshold="shown at Microsoft", actual=f"{what.on}"),),
        policy_version=policy.version,
        receivable_ids=owed,
    )


def _promise_broken(case: Case, decision: Decision, policy: CollectionsPolicy) -> Iterator[AccountLetter]:
    """The newest promise or plan that was broken lately, unless something harder speaks for it, or money may have come.

    It asks for what is overdue, so whatever keeps that from being chased keeps this letter back, too.
    """
    if not case.holds or decision.answer is not Answer.WAIT or case.feed_stale or case.doubts:
        return
    on, situation = decision.on, look(case, policy, decision.on)
    overdue, _ = above_minimum((item for item in situation.chased if item.is_overdue), situation)
    if first_guard(situation) or not overdue:
        return
    for standing in sorted(situation.holds, key=lambda s: (s.hold.placed_on, s.hold.hold_id), reverse=True):
        promise = missing_payment(standing, case)
        if promise is None:
            continue
        seen_on = _seen_broken_on(promise.due_on, case.country)
        if _is_wanted(policy, seen_on, on) and not _was_written_to(case, seen_on):
            yield AccountLetter(
                customer_id=case.customer_id,
                kind=PROMISE_BROKEN,
                about=f"{standing.hold.hold_id}/{promise.due_on}",
                on=on,
                because=(standing.reason(),),
                policy_version=policy.version,
                receivable_ids=tuple(item.debt.receivable_id for item in overdue),
                promise=promise,
            )
            return


def _seen_broken_on(due_on: date, country: str) -> date:
    """A promise for a day without open banks has until the next one."""
    return working_day_from(due_on, country) + timedelta(days=1)


def _was_written_to(case: Case, since: date) -> bool:
    """Has the ladder asked for what is overdue since? A notice of a day leaves on the next one."""
    return any(n.on > since and n.delivery is Delivery.ACCEPTED and not is_due_round(n.round_id) for n in case.notices)


def _payments_received(
    case: Case, policy: CollectionsPolicy, settled: Sequence[SettledRound], on: date
) -> Iterator[AccountLetter]:
    """One letter for all rounds that closed on one day, about what came on the last day money came for them."""
    if not settled:
        return
    days: dict[date, list[SettledRound]] = {}
    for each in sorted(settled, key=lambda s: place_of(s.round_id)):
        if _is_wanted(policy, each.closed_on, on):
            days.setdefault(each.closed_on, []).append(each)
    late = tuple(item.debt.receivable_id for item in look(case, policy, on).chased if item.debt.due_on < on)
    for closed_on, rounds in sorted(days.items()):
        closed = ", ".join(each.round_id for each in rounds)
        yield AccountLetter(
            customer_id=case.customer_id,
            kind=PAYMENT_RECEIVED,
            about=rounds[0].round_id,
            on=on,
            because=(Reason(rule="settled", threshold="by a payment", actual=f"{closed} on {closed_on}"),),
            policy_version=policy.version,
            receivable_ids=late,
            payment=_together({key: paid for each in rounds for key, paid in each.payments.items()}),
        )


def _together(payments: Mapping[str, ReceivedPayment]) -> ReceivedPayment:
    """What came on the last of the days, in the currency that comes first: a letter tells of one day and one sum."""
    last = max(each.received_on for each in payments.values())
    currency = min(each.currency for each in payments.values() if each.received_on == last)
    told = [each for each in payments.values() if (each.received_on, each.currency) == (last, currency)]
    applied: dict[str, int] = {}
    for number, amount in (pair for each in told for pair in each.applied):
        applied[number] = applied.get(number, 0) + amount
    return ReceivedPayment(
        received_on=last,
        currency=currency,
        amount=sum(each.amount for each in told),
        applied=tuple(sorted(applied.items())),
    )


def _statement(case: Case, policy: CollectionsPolicy, day_of_month: int, on: date) -> Iterator[AccountLetter]:
    """The month's statement to whoever owes anything that was invoiced by its day."""
    day = statement_day(on, day_of_month)
    named = tuple(debt.receivable_id for debt in case.debts if debt.open_amount > 0)
    if _is_wanted(policy, day, on) and any(d.open_amount > 0 and d.issued_on <= day for d in case.debts):
        yield AccountLetter(
            customer_id=case.customer_id,
            kind=STATEMENT,
            about=f"{day:%Y-%m}",
            on=on,
            because=(Reason(rule="statement", threshold=f"open on {day}", actual=f"{len(named)} open"),),
            policy_version=policy.version,
            receivable_ids=named,
        )
