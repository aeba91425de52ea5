"""The waterfall of rules: what one takes, the next no longer sees. A match scores by its rule's place, nothing else."""

from __future__ import annotations

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
from csp_receivables.domain.records import CREDITED, EXCHANGED, MATCH, SUGGESTION, UNAPPLIED, empty
from csp_receivables.domain.relations import ask, keep, load

__all__ = [
    "RULES",
    "Knowledge",
    "LeftOver",
    "Matched",
    "MatchingPolicy",
    "Mode",
    "Rule",
    "Tolerance",
    "allocate",
    "match",
]

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

# Without any there is nothing to climb for: most looks at a day are taken when all of its money has found its place.
_MONEY_LEFT = """
    (SELECT 1 FROM {payments} UNION ALL
     SELECT 1 FROM {receivables} WHERE kind = 'credit_note' AND open_amount > 0 LIMIT 1)
"""
# Planning a question costs more than asking first whether there is anything to answer.
_WHAT_THERE_IS = """
    SELECT EXISTS (FROM matching.taken WHERE p < 0), EXISTS (FROM matching.exchanged), EXISTS (FROM matching.suggested)
"""
_MATCHED = f"""
    SELECT payment_id, receivable_id, amount, 0::BIGINT AS difference, currency, '{EXACT_REFERENCE.name}' AS rule,
        'full' AS outcome, {EXACT_REFERENCE.sentence} AS because
    FROM matching.at_once
    UNION ALL
    SELECT payment_id, receivable_id, amount, difference, currency, rule, outcome,
        coalesce(because, CASE rule {{sentences}} END) AS because
    FROM (FROM matching.taken WHERE p >= 0)
        JOIN (SELECT p, payment_id, currency, reference FROM matching.payment) USING (p)
        JOIN (SELECT r, receivable_id FROM matching.receivable) USING (r)
"""
_CREDITED = """
    SELECT payment_id AS credit_id, receivable_id, amount, currency, rule, outcome, because
    FROM (FROM matching.taken WHERE p < 0)
        JOIN (SELECT p, payment_id, currency FROM matching.payment) USING (p)
        JOIN (SELECT r, receivable_id FROM matching.receivable) USING (r)
"""
_EXCHANGED = """
    SELECT payment_id, receivable_id, exchanged.amount, exchanged.difference, exchanged.currency
    FROM matching.exchanged exchanged JOIN matching.taken USING (p, r)
        JOIN (SELECT p, payment_id FROM matching.payment) USING (p)
        JOIN (SELECT r, receivable_id FROM matching.receivable) USING (r)
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
class LeftOver:
    """What a run of the ladder leaves to people. Each table is in the order of its ids."""

    suggestions: pa.Table  # SUGGESTION
    unapplied: pa.Table  # UNAPPLIED
    findings: pa.Table  # FINDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched(LeftOver):
    """All that it proposes. Each table is in the order of its ids; no order of the input shows in them."""

    allocations: pa.Table  # MATCH
    credited: pa.Table  # CREDITED
    exchanged: pa.Table  # EXCHANGED: the other entry of allocations across currencies


def match(
    connection: duckdb.DuckDBPyConnection,
    receivables: str,
    payments: str,
    policy: MatchingPolicy,
    knowledge: Knowledge = NOTHING_KNOWN,
) -> Matched:
    """`allocate`, with all of its tables taken out of `connection`."""
    left = allocate(connection, receivables, payments, policy, knowledge)
    return Matched(
        allocations=ask(connection, "FROM matched ORDER BY payment_id, receivable_id", MATCH),
        credited=ask(connection, "FROM credited ORDER BY credit_id, receivable_id", CREDITED),
        exchanged=ask(connection, "FROM exchanged ORDER BY payment_id, receivable_id", EXCHANGED),
        suggestions=left.suggestions,
        unapplied=left.unapplied,
        findings=left.findings,
    )


def allocate(
    connection: duckdb.DuckDBPyConnection,
    receivables: str,
    payments: str,
    policy: MatchingPolicy,
    knowledge: Knowledge = NOTHING_KNOWN,
) -> LeftOver:
    """Match `payments` (OPEN_PAYMENT) to `receivables` (OPEN_RECEIVABLE), both relations known to `connection`.

    What is matched stays in its tables `matched` (MATCH), `credited` (CREDITED) and `exchanged` (EXCHANGED), in no
    order: who books it asks them further, and a million rows need not leave the database and come back.

    Ids are unique in both. Invoices are paid, credit notes are applied like payments; nothing that is not open counts.
    Every minor unit of every payment is in `matched` or in `unapplied`; allocated + difference never exceeds what
    was open. Matching what is left again books nothing.
    """
    define_money(connection)
    define_keys(connection)
    if not count(connection, _MONEY_LEFT.format(payments=payments, receivables=receivables)):
        return _nothing(connection)
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
        return _written_out(connection)
    finally:
        clear_up(connection)


def _nothing(connection: duckdb.DuckDBPyConnection) -> LeftOver:
    load(connection, "matched", empty(MATCH))
    load(connection, "credited", empty(CREDITED))
    load(connection, "exchanged", empty(EXCHANGED))
    return LeftOver(suggestions=empty(SUGGESTION), unapplied=empty(UNAPPLIED), findings=findings_table([]))


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


def _written_out(connection: duckdb.DuckDBPyConnection) -> LeftOver:
    drop_spent(connection)
    rests = keep(connection, "matching.rest", REST, rules=[rule.name for rule in RULES if rule.leaves_rests])
    if rests:
        keep(connection, "matching.paid_by", PAID_BY)
    ((credits, exchanges, doubts),) = connection.execute(_WHAT_THERE_IS).fetchall()
    sentences = " ".join(f"WHEN '{rule.name}' THEN {rule.sentence}" for rule in RULES)
    keep(connection, "matched", _MATCHED.format(sentences=sentences))
    load(connection, "credited", ask(connection, _CREDITED, CREDITED) if credits else empty(CREDITED))
    load(connection, "exchanged", ask(connection, _EXCHANGED, EXCHANGED) if exchanges else empty(EXCHANGED))
    return LeftOver(
        suggestions=ask(connection, _SUGGESTIONS, SUGGESTION) if doubts else empty(SUGGESTION),
        unapplied=ask(connection, UNAPPLIED_SQL, UNAPPLIED) if rests else empty(UNAPPLIED),
        findings=findings_table(_paid_again(connection) if rests else []),
    )


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
