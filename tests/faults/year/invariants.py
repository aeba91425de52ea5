"""DESIGN part 10 as code: each check looks at what the world saw and at the ledger, and says what broke, or nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import distinct, func, select

from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger.outbox_tables import action
from csp_receivables.adapters.ledger.tables import daily_standing, reconciliation_run
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.collections.feed_age import banking_hours
from csp_receivables.ports import Booked
from emulator.state import World
from tests.faults.year import house
from tests.faults.year.papers import Bank
from tests.faults.year.truth import BEGINS, WORDLESS, Partner
from tests.faults.year.witness import FINAL, Letter, StatusChange, Witness

Complaints = Iterator[str]


@dataclass(slots=True, kw_only=True)
class Seen:
    """Everything a check may look at, at the end of a day. `checked`: how many of each list earlier days had."""

    today: date
    partner: Partner
    bank: Bank
    witness: Witness
    ledger: Ledger
    world: World
    booked: Booked
    accepted: int  # letters that the mail server ever took
    checked: Counter[str] = field(default_factory=Counter)

    def new_letters(self) -> list[Letter]:
        return self.witness.letters[self.checked["letters"] :]

    def new_changes(self) -> list[StatusChange]:
        return self.witness.changes[self.checked["changes"] :]

    def known_missing(self, customer_id: str) -> dict[str, int]:
        """What is open of each invoice by every payment that a delivered statement shows."""
        return self.partner.missing(customer_id, self.bank.known())

    def missing_in_words(self, customer_id: str) -> dict[str, int]:
        """The same by the payments that say what they are for: the others wait for a person."""
        return self.partner.missing(customer_id, (each for each in self.bank.known() if each.text != WORDLESS))


def i1(seen: Seen) -> Complaints:
    """No suspension without a warning accepted between N and M days earlier, in the same round, naming the still-open
    receivables that cause it. Proposing one already demands it."""
    for row in _proposed_since(seen):
        causes = {each.rpartition("/")[2] for each in row.causes}
        why = unwarned(seen, row.customer_id, row.round_id, causes, row.decided_on)
        if why:
            yield f"I1 {row.action_id} was proposed on {row.decided_on}: {why}"


def unwarned(seen: Seen, customer_id: str, round_id: str, causes: set[str], on: date) -> str:
    """Why no letter that the mail server took warned of this suspension; "" when one did."""
    first, last = (on - timedelta(days=days) for days in (house.WARNED_DAYS_MAX, house.WARNED_DAYS_MIN))
    still_open = causes & set(seen.known_missing(customer_id))
    warnings = [
        each
        for each in seen.witness.letters
        if each.customer_id == customer_id
        and each.round_and_stage == (round_id, FINAL)
        # What came back by the morning after that day did not happen.
        and seen.witness.bounced.get(each.message_id, date.max) > on + timedelta(days=1)
    ]
    if any(first <= each.on <= last and still_open <= each.numbers for each in warnings):
        return ""
    told = ", ".join(f"{each.on} naming {sorted(each.numbers)}" for each in warnings) or "none"
    return f"no warning of {first} to {last} names {sorted(still_open)}; accepted were: {told}"


def i2(seen: Seen) -> Complaints:
    """A stale feed stops final notices, nobody is chased for what is paid. Of suspensions: `access_invariants`."""
    until = seen.bank.whole_until(BEGINS)
    for letter in seen.new_letters():
        settled = letter.numbers - set(seen.missing_in_words(letter.customer_id))
        if letter.numbers and settled == letter.numbers and letter.chases:
            yield f"I2 {letter.action_id} left on {letter.on} about {sorted(settled)}, which are paid"
        hours = banking_hours(until, letter.on - timedelta(days=1), "SE")
        if letter.action_id and letter.round_and_stage[1] == FINAL and hours > house.FEED_HOURS_MAX:
            yield f"I2 {letter.action_id}: a final notice left on {letter.on}, the bank feed ends on {until}"


def i4(seen: Seen) -> Complaints:
    """Per (customer, round, stage) at most one message is handed to the mail server, whatever crashes when."""
    counted = Counter(each.action_id for each in seen.witness.letters if each.message_id not in seen.witness.bounced)
    for letter in seen.new_letters():
        if not letter.action_id:
            yield f"I4 the server took {letter.message_id} for {letter.recipient}, and the ledger never kept it"
        elif counted[letter.action_id] > 1:
            yield f"I4 {letter.action_id} was accepted {counted[letter.action_id]} times"
        elif letter.customer_id.lower() not in letter.recipient:
            yield f"I8 {letter.action_id} went to {letter.recipient}"


def i5(seen: Seen) -> Complaints:
    """To the cent: received − returned = allocated + unapplied + not customer money; billed = paid + … + open."""
    day = seen.booked.day
    for row in day.tie_out.to_pylist():
        if row["difference"]:
            yield f"I5 {day.as_of}: {row['equation']} differs by {row['difference']} {row['currency']}"
    left = {row["equation"][:6]: row["left"] for row in day.tie_out.to_pylist()}
    billed = sum(each.amount for each in seen.partner.invoices.values() if each.issued_on <= day.as_of)
    if left.get("billed", 0) != billed:
        yield f"I5 {day.as_of}: the ledger has billed {left.get('billed')}, and {billed} were"
    if seen.checked["received"] == 0 and (received := _received(seen)) != left.get("receiv", 0):
        yield f"I5 {day.as_of}: the ledger has received {left.get('receiv')}, and {received} came"


def _received(seen: Seen) -> int:
    """What the statements that were there when the day was reconciled show up to its end."""
    as_of = seen.booked.day.as_of
    return sum(
        payment.amount for day, statement in seen.bank.came.items() if day <= as_of for payment in statement.payments
    )


def i9(seen: Seen) -> Complaints:
    """A human hold outranks automation until the human ends it: nobody is written to about what is held."""
    for letter in seen.new_letters():
        for word in seen.witness.holds:
            if word.customer_id != letter.customer_id or not word.is_on(letter.on):
                continue
            if word.is_judged and (
                letter.round_and_stage[0].startswith("due-") or seen.bank.has_booked(word.customer_id, word.from_on)
            ):
                continue
            if word.number in ("", *letter.numbers) and letter.chases:
                yield f"I9 {letter.action_id} left on {letter.on} while {word.number or 'everything'} was held: {word}"


def i9_stop(seen: Seen) -> Complaints:
    """Once a person stopped everything, nothing leaves but the one call that was on its way."""
    if stop := seen.witness.stop:
        letters, effects = seen.accepted - stop.letters, seen.world.log.effects() - stop.effects
        if letters > 1 or effects > 1:
            yield f"I9 {letters} letters and {effects} changes left after a person had stopped everything"


def i10(seen: Seen) -> Complaints:
    """A run that wants more than the policy's number or share performs none and asks."""
    today = [each for each in seen.new_letters() if each.on == seen.today]
    unasked = [each for each in today if each.action_id not in seen.witness.approved]
    allowed = max(house.NOTICES_CANARY, house.NOTICES_SHARE * owing(seen.ledger) // 1000)
    if len(unasked) > min(allowed, house.NOTICES_MAX):
        yield f"I10 {len(unasked)} notices left on {seen.today} that nobody released; {allowed} may"


def owing(ledger: Ledger) -> int:
    newest = (
        select(reconciliation_run.c.run_id)
        .where(reconciliation_run.c.mode == "live")
        .order_by(reconciliation_run.c.recorded_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    asked = select(func.count(distinct(daily_standing.c.customer_id)))
    with ledger.reading() as connection:
        return int(
            connection.execute(asked.where(daily_standing.c.run_id == newest, daily_standing.c.open > 0)).scalar_one()
        )


@dataclass(frozen=True, slots=True)
class _Proposed:
    action_id: str
    customer_id: str
    round_id: str
    decided_on: date
    causes: tuple[str, ...]


def _proposed_since(seen: Seen) -> list[_Proposed]:
    """Suspensions that were proposed for the first time since the last check."""
    query = select(action).where(action.c.kind == Answer.PROPOSE_SUSPENSION.value).order_by(action.c.recorded_at)
    with seen.ledger.reading() as connection:
        rows = connection.execute(query.offset(seen.checked["proposed"])).all()
    seen.checked["proposed"] += len(rows)
    return [
        _Proposed(
            row.action_id, row.customer_id, row.round_id, row.decided_on,
            tuple(json.loads(row.payload)["receivable_ids"]),
        )
        for row in rows
    ]  # fmt: skip


DAILY: tuple[Callable[[Seen], Complaints], ...] = (i1, i2, i4, i5, i9, i9_stop, i10)
