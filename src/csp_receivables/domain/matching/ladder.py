"""The waterfall of rules: what one takes, the next no longer sees. A match scores by its rule's place, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from csp_receivables.domain.findings import Finding, Severity, findings_table
from csp_receivables.domain.matching.at_once import number_rows, settle_at_once
from csp_receivables.domain.matching.credits import number_credits
from csp_receivables.domain.matching.damaged_reference import DAMAGED_REFERENCE
from csp_receivables.domain.matching.declined import heed_declined, know_declined
from csp_receivables.domain.matching.exact_reference import EXACT_REFERENCE
from csp_receivables.domain.matching.foreign_currency import FOREIGN_CURRENCY, know_exchange
from csp_receivables.domain.matching.keys import define_keys
from csp_receivables.domain.matching.knowledge import Knowledge
from csp_receivables.domain.matching.known_payer import KNOWN_PAYER
from csp_receivables.domain.matching.name_likeness import NAME_LIKENESS
from csp_receivables.domain.matching.naming import name_receivables
from csp_receivables.domain.matching.natural_set import NATURAL_SET
from csp_receivables.domain.matching.net_of_credit_note import NET_OF_CREDIT_NOTE
from csp_receivables.domain.matching.number_in_text import NUMBER_IN_TEXT
from csp_receivables.domain.matching.payers import begin_asking, begin_learning, know_nobody, know_payers, learn
from csp_receivables.domain.matching.policy import MatchingPolicy, Mode, Tolerance
from csp_receivables.domain.matching.reference_with_difference import REFERENCE_WITH_DIFFERENCE
from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.matching.several_references import SEVERAL_REFERENCES
from csp_receivables.domain.matching.small_subset import SMALL_SUBSET
from csp_receivables.domain.matching.stock import (
    begin_again,
    can_gain_by_names,
    can_gain_by_payers,
    clear_up,
    count,
    drop_spent,
    forget_suggested,
    gather_left,
    remember_unsettled,
    stock_up,
    take,
)
from csp_receivables.domain.matching.unapplied import PAID_AGAIN, PAID_BY, REST, UNAPPLIED_SQL
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.records import CREDITED, EXCHANGED, MATCH, SUGGESTION, UNAPPLIED
from csp_receivables.domain.relations import ask, keep

__all__ = ["RULES", "Knowledge", "Matched", "MatchingPolicy", "Mode", "Rule", "Tolerance", "match"]

# By what the payment names; by who it is from; by what it looks like.
NAMING_RULES = (
    EXACT_REFERENCE,
    NET_OF_CREDIT_NOTE,
    REFERENCE_WITH_DIFFERENCE,
    SEVERAL_REFERENCES,
    NUMBER_IN_TEXT,
    FOREIGN_CURRENCY,
)
PAYER_RULES = (KNOWN_PAYER, NATURAL_SET, SMALL_SUBSET)
LIKENESS_RULES = (DAMAGED_REFERENCE, NAME_LIKENESS)
RULES: tuple[Rule, ...] = NAMING_RULES + PAYER_RULES + LIKENESS_RULES

# A booking may leave a reference unique that was not, and so settle another payment. Each pass looks at the few that
# are unsettled, until nothing is booked; the limit is for made-up chains, of which the next run takes the rest.
PASSES_MAX = 20

NOTHING_KNOWN = Knowledge()

# Sorting a million rows by two texts costs as much as matching them, and every byte beside them adds to it: the place
# of a receivable within its payment is worked out only where a payment has several; rule and outcome go through the
# sorting as one small number, a sentence in the place of the reference that others are made of afterwards.
_SEVERAL_ROWS = """
    SELECT p, r, row_number() OVER (PARTITION BY p ORDER BY receivable_id) AS place
    FROM matching.taken
    SEMI JOIN (SELECT p FROM matching.taken SEMI JOIN (SELECT p FROM matching.taken WHERE because IS NOT NULL) USING (p)
               GROUP BY p HAVING count(*) > 1) USING (p)
    JOIN matching.receivable USING (r)
"""
# Without any there is nothing to climb for: most looks at a day are taken when all of its money has found its place.
_MONEY_LEFT = """
    (SELECT 1 FROM {payments} UNION ALL
     SELECT 1 FROM {receivables} WHERE kind = 'credit_note' AND open_amount > 0 LIMIT 1)
"""
# Planning a question costs more than asking first whether there is anything to answer.
_WHAT_THERE_IS = """
    SELECT EXISTS (FROM matching.taken WHERE difference <> 0), EXISTS (FROM matching.taken WHERE p < 0),
        EXISTS (FROM matching.exchanged), EXISTS (FROM matching.suggested)
"""
_OUTCOMES = ("full", "partial", "with_difference")
_ALLOCATIONS = """
    SELECT payment_id, receivable_id, amount, {difference} AS difference, currency,
        CASE how // 8 {names} END AS rule, CASE how // 2 % 4 {outcomes} END AS outcome,
        CASE WHEN how % 2 = 0 THEN reference ELSE CASE how // 8 {sentences} END END AS because
    FROM (
        SELECT payment_id, receivable_id, amount, currency, ({at_once} * 8 + 1)::UTINYINT AS how, reference
            {no_extras}
        FROM matching.at_once
        UNION ALL
        SELECT payment_id, receivable_id, taken.amount, payment.currency,
            (CASE rule {places} END * 8 + CASE outcome {outcome_places} END * 2 + (because IS NULL)::INTEGER)::UTINYINT
                AS how, coalesce(because, payment.reference) AS reference {extras}
        FROM (FROM {taken} WHERE p >= 0) taken
        JOIN matching.payment payment USING (p) JOIN matching.receivable receivable USING (r)
        ORDER BY payment_id{then_by}
    )
"""
_CREDITED = """
    SELECT payment_id AS credit_id, receivable_id, amount, currency, rule, outcome, because
    FROM (FROM matching.taken WHERE p < 0)
        JOIN (SELECT p, payment_id, currency FROM matching.payment) USING (p)
        JOIN (SELECT r, receivable_id FROM matching.receivable) USING (r)
    ORDER BY credit_id, receivable_id
"""
_EXCHANGED = """
    SELECT payment_id, receivable_id, exchanged.amount, exchanged.difference, exchanged.currency
    FROM matching.exchanged exchanged JOIN matching.taken USING (p, r)
        JOIN (SELECT p, payment_id FROM matching.payment) USING (p)
        JOIN (SELECT r, receivable_id FROM matching.receivable) USING (r)
    ORDER BY payment_id, receivable_id
"""
_SUGGESTIONS = """
    SELECT payment.payment_id, receivable.receivable_id, suggested.amount, payment.currency, option, suggested.rule,
        suggested.because
    FROM (FROM matching.suggested WHERE p >= 0) suggested
        JOIN matching.payment payment USING (p) JOIN matching.receivable receivable USING (r)
    ORDER BY payment_id, option, receivable_id
"""
_ONLY_SUGGESTED = """
    SELECT proposal.* REPLACE (false AS books, '' AS outcome,
        'the policy lets this rule only suggest: ' || coalesce(proposal.because, {sentence}) AS because)
    FROM (FROM matching.proposal WHERE books) proposal
    JOIN matching.payment USING (p) JOIN (SELECT r, receivable_id FROM matching.receivable) USING (r)
    UNION ALL FROM matching.proposal WHERE NOT books
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What a run of the ladder proposes. Each table is in the order of its ids; no order of the input shows in them."""

    allocations: pa.Table  # MATCH
    credited: pa.Table  # CREDITED
    exchanged: pa.Table  # EXCHANGED: the other entry of allocations across currencies
    suggestions: pa.Table  # SUGGESTION
    unapplied: pa.Table  # UNAPPLIED
    findings: pa.Table  # FINDING


def match(
    connection: duckdb.DuckDBPyConnection,
    receivables: str,
    payments: str,
    policy: MatchingPolicy,
    knowledge: Knowledge = NOTHING_KNOWN,
) -> Matched:
    """Match `payments` (OPEN_PAYMENT) to `receivables` (OPEN_RECEIVABLE), both relations known to `connection`.

    Ids are unique in both. Invoices are paid, credit notes are applied like payments; nothing that is not open counts.
    Every minor unit of every payment is in `allocations` or in `unapplied`; allocated + difference never exceeds what
    was open. Matching what is left again books nothing.
    """
    define_money(connection)
    define_keys(connection)
    if not count(connection, _MONEY_LEFT.format(payments=payments, receivables=receivables)):
        return _nothing()
    try:
        stock_up(connection)
        number_rows(connection, receivables, payments)
        name_receivables(connection)
        settle_at_once(connection, allowed=_may_settle_at_once(connection, policy, knowledge))
        number_credits(connection, receivables)
        know_exchange(connection, knowledge)
        know_declined(connection, knowledge.declined)
        _climb_to_the_payers(connection, payments, policy, knowledge)
        _climb(connection, LIKENESS_RULES, policy)
        return _matched(connection)
    finally:
        clear_up(connection)


def _nothing() -> Matched:
    return Matched(
        allocations=MATCH.empty_table(),
        credited=CREDITED.empty_table(),
        exchanged=EXCHANGED.empty_table(),
        suggestions=SUGGESTION.empty_table(),
        unapplied=UNAPPLIED.empty_table(),
        findings=findings_table([]),
    )


def _may_settle_at_once(connection: duckdb.DuckDBPyConnection, policy: MatchingPolicy, knowledge: Knowledge) -> bool:
    """Where a person has declined anything, every rule has to heed it in its turn."""
    declined = count(connection, knowledge.declined) if knowledge.declined else 0
    return policy.mode(EXACT_REFERENCE.name) is Mode.AUTO and not declined


def _climb_to_the_payers(
    connection: duckdb.DuckDBPyConnection, payments: str, policy: MatchingPolicy, knowledge: Knowledge
) -> None:
    """Go by names until nothing more is booked, then by payers; what those book may make a name unique again."""
    _climb_by_names(connection, policy)
    if all(policy.mode(rule.name) is Mode.OFF for rule in PAYER_RULES + LIKENESS_RULES):
        know_nobody(connection)
        return
    gather_left(connection)
    begin_learning(connection, payments, knowledge)
    begin_asking(connection, payments, knowledge)
    learn(connection, payments, knowledge)
    for _ in range(PASSES_MAX):
        know_payers(connection, knowledge)
        booked = _climb(connection, PAYER_RULES, policy)
        if not booked:
            break
        remember_unsettled(connection)
        if can_gain_by_names(connection, booked):
            begin_again(connection)
            name_receivables(connection)
            if _climb_by_names(connection, policy):
                learn(connection, payments, knowledge)
            gather_left(connection)
        elif can_gain_by_payers(connection, booked):
            forget_suggested(connection, PAYER_RULES)
            gather_left(connection)
        else:
            break


def _climb_by_names(connection: duckdb.DuckDBPyConnection, policy: MatchingPolicy) -> bool:
    """Pass after pass over the unsettled, until nothing is booked; was anything?"""
    all_booked = 0
    for _ in range(PASSES_MAX):
        booked = _climb(connection, NAMING_RULES, policy)
        all_booked += booked
        if not remember_unsettled(connection) or not booked or not can_gain_by_names(connection, booked):
            break
        begin_again(connection)
        name_receivables(connection)
    return all_booked > 0


def _climb(connection: duckdb.DuckDBPyConnection, rules: tuple[Rule, ...], policy: MatchingPolicy) -> int:
    """One pass over `rules` in their order; how many allocations they booked."""
    return sum(_try(connection, rule, policy) for rule in rules if policy.mode(rule.name) is not Mode.OFF)


def _try(connection: duckdb.DuckDBPyConnection, rule: Rule, policy: MatchingPolicy) -> int:
    if not count(connection, f"(SELECT 1 FROM {rule.concerned} LIMIT 1)"):
        return 0
    rule.propose(connection, policy)
    heed_declined(connection, rule)
    if policy.mode(rule.name) is Mode.SUGGEST:
        keep(connection, "matching.proposal", _ONLY_SUGGESTED.format(sentence=rule.sentence))
    return take(connection, rule, by_names=rule in NAMING_RULES)


def _matched(connection: duckdb.DuckDBPyConnection) -> Matched:
    drop_spent(connection)
    rests = keep(connection, "matching.rest", REST, rules=[rule.name for rule in RULES if rule.leaves_rests])
    if rests:
        keep(connection, "matching.paid_by", PAID_BY)
    ((differences, credits, exchanges, doubts),) = connection.execute(_WHAT_THERE_IS).fetchall()
    allocations = _allocations(
        several=keep(connection, "matching.several_rows", _SEVERAL_ROWS) > 0, differences=differences
    )
    return Matched(
        allocations=ask(connection, allocations, MATCH),
        credited=ask(connection, _CREDITED, CREDITED) if credits else CREDITED.empty_table(),
        exchanged=ask(connection, _EXCHANGED, EXCHANGED) if exchanges else EXCHANGED.empty_table(),
        suggestions=ask(connection, _SUGGESTIONS, SUGGESTION) if doubts else SUGGESTION.empty_table(),
        unapplied=ask(connection, UNAPPLIED_SQL, UNAPPLIED) if rests else UNAPPLIED.empty_table(),
        findings=findings_table(_paid_again(connection) if rests else []),
    )


def _allocations(*, several: bool, differences: bool) -> str:
    """SQL for what is settled at once and what the rules took, in the order of the ids.

    `several`: some payment has several rows; `differences`: some row has one.
    """
    names = [rule.name for rule in RULES]
    return _ALLOCATIONS.format(
        names=_cases(enumerate(names)),
        places=_cases((name, place) for place, name in enumerate(names)),
        sentences=" ".join(f"WHEN {place} THEN {rule.sentence}" for place, rule in enumerate(RULES)),
        outcomes=_cases(enumerate(_OUTCOMES)),
        outcome_places=_cases((outcome, place) for place, outcome in enumerate(_OUTCOMES)),
        at_once=names.index(EXACT_REFERENCE.name),
        taken="(FROM matching.taken LEFT JOIN matching.several_rows USING (p, r))" if several else "matching.taken",
        no_extras=", 0::BIGINT AS difference, 1::BIGINT AS place" if several or differences else "",
        extras=f", difference, {'taken.place' if several else '1'}" if several or differences else "",
        difference="difference" if several or differences else "0::BIGINT",
        then_by=", place" if several else "",
    )


def _cases(pairs: Iterable[tuple[str | int, str | int]]) -> str:
    """The branches of a SQL CASE."""
    return " ".join(f"WHEN {when!r} THEN {then!r}" for when, then in pairs)


def _paid_again(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Money that came for a receivable which other payments had closed: often it must go back."""
    return [
        Finding(
            code="matching.paid_again",
            severity=Severity.WARNING,
            found=f"payment {payment_id} names receivable {receivable_id}, which is already paid by {payers}",
            remedy="allocate it to another receivable of the customer, or pay it back",
            subject=payment_id,
            customer_id=customer_id,
            amount=amount,
            currency=currency,
        )
        for payment_id, receivable_id, payers, customer_id, amount, currency in connection.execute(
            PAID_AGAIN
        ).fetchall()
    ]
