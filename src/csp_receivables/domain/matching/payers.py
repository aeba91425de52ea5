"""Who a payment is from: said with the payment, or taught by what its bank account paid before.

Makes `matching.payer (p, customer_id, standing, evidence, is_rest)` for what is left. Standings:
    known    the account paid for one customer only, or a person said whose it is
    shared   it paid for several customers, or a person said so: a row for each of them
    demoted  it paid for one customer, and a person has taken back what that had been used for
    doubted  it is known, but the payment names a receivable that was closed before
An account learns from the rules that go by a reference or a number, and from people; never from amounts or names.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.knowledge import Knowledge
from csp_receivables.domain.matching.misgivings import begin_minding
from csp_receivables.domain.matching.paid_before import (
    begin_looking_back,
    know_nothing_paid_before,
    know_paid_before,
)
from csp_receivables.domain.matching.stock import count, view
from csp_receivables.domain.relations import keep

CONFIRMED_BY_A_PERSON = "confirmed"
TEACHING_RULES = (
    "exact_reference",
    "net_of_credit_note",
    "reference_with_difference",
    "several_references",
    "number_in_text",
    "foreign_currency",
    CONFIRMED_BY_A_PERSON,
)

_ACCOUNT_KEY = """
CREATE OR REPLACE TEMP MACRO matching_account_key(account) AS CASE WHEN regexp_full_match(account, '[0-9A-Z]*')
    THEN account ELSE regexp_replace(upper(account), '[^0-9A-Z]', '', 'g') END
"""
# Of all that is not taken whole: what is in doubt now may ask in a later pass.
_ACCOUNTS = """
    SELECT p, payment.customer_id AS given, payment.amount AS whole, {was_rest} AS was_rest,
        matching_account_key(coalesce(payer_account, '')) AS account
    FROM matching.payment payment
    LEFT JOIN (SELECT p, sum(amount) AS used FROM matching.taken GROUP BY p) taken USING (p)
    LEFT JOIN (SELECT payment_id, payer_account FROM {payments} WHERE payer_account <> '') USING (payment_id)
    WHERE payment.amount > coalesce(used, 0)
"""
_ASKERS = """
    SELECT p, given, account, payment_left.amount < whole OR was_rest AS is_rest
    FROM matching.payment_left payment_left JOIN matching.account USING (p)
"""
# Whose receivables payments named by reference or number in this run.
_TEACHERS = f"""
    SELECT payment_id, customer_id FROM (
        SELECT payment_id, r FROM matching.at_once
        UNION ALL
        SELECT payment_id, r FROM matching.taken JOIN matching.payment USING (p)
        WHERE p >= 0 AND rule IN {TEACHING_RULES}
    ) JOIN (SELECT rowid AS r, customer_id FROM matching.receivable_stored) USING (r)
"""
_TAUGHT_NOW = """
    SELECT account, customer_id, count(*) AS confirmed, 0 AS contradicted, '' AS decided
    FROM (SELECT payment_id, matching_account_key(payer_account) AS account FROM {payments} WHERE payer_account <> '')
    SEMI JOIN matching.asking_account USING (account) JOIN matching.teacher USING (payment_id)
    GROUP BY ALL
"""
_TAUGHT_BEFORE = """
    UNION ALL
    SELECT matching_account_key(payer_account), customer_id, confirmed, contradicted, decided FROM {payers}
    WHERE matching_account_key(payer_account) IN (FROM matching.asking_account)
"""
_LESSONS = """
    SELECT account, customer_id, sum(confirmed)::BIGINT AS times, sum(contradicted)::BIGINT AS contradicted,
        max(decided) AS decided
    FROM ({taught}) WHERE customer_id <> '' OR decided = 'shared' GROUP BY account, customer_id
"""
_STANDINGS = """
    SELECT account, customer_id, times, decided, customers,
        CASE WHEN decided = 'known' AND said_known = 1 THEN 'known' WHEN said_shared OR customers > 1 THEN 'shared'
            WHEN contradicted > 0 THEN 'demoted' ELSE 'known' END AS standing
    FROM (
        SELECT *, count(*) FILTER (customer_id <> '') OVER of_account AS customers,
            count(*) FILTER (decided = 'known') OVER of_account AS said_known,
            bool_or(decided = 'shared') OVER of_account AS said_shared
        FROM payer_lesson WHERE decided <> 'forgotten' AND (times > 0 OR decided <> '')
        WINDOW of_account AS (PARTITION BY account)
    )
    WHERE customer_id <> '' AND (said_known = 0 OR decided = 'known')
"""
_PAYERS = """
    SELECT p, given AS customer_id, 'known' AS standing, is_rest, CASE WHEN p < 0
        THEN 'the credit note is customer ' || given || '''s'
        ELSE 'the payment is known to be customer ' || given || '''s' END AS evidence
    FROM matching.asker WHERE given <> ''
    UNION ALL BY NAME
    SELECT p, customer_id, standing, is_rest,
        'account …' || right(account, 4) || CASE
            WHEN standing = 'shared' THEN ' pays for '
                || CASE customers WHEN 1 THEN 'several' ELSE customers::VARCHAR END
                || ' customers, ' || customer_id || ' among them'
            WHEN decided = 'known' THEN ' is customer ' || customer_id || '''s, a person said'
            ELSE ' has paid for customer ' || customer_id || CASE times WHEN 1 THEN ' once' ELSE ' ' || times
                || ' times' END END
        || CASE standing WHEN 'demoted' THEN ', but a person has taken such a payment back' ELSE '' END AS evidence
    FROM matching.asker JOIN payer_standing USING (account) WHERE given = ''
"""
_DOUBTED = """
    SELECT payer.* REPLACE (
        CASE WHEN standing = 'known' AND before.p IS NOT NULL THEN 'doubted' ELSE standing END AS standing,
        evidence || CASE WHEN before.p IS NULL THEN ''
            ELSE ', and names receivable ' || before.receivable_id || ', which ' || before.payers || ' closed' END
            AS evidence)
    FROM ({payers}) payer LEFT JOIN matching.paid_before before USING (p)
"""
_NO_PAYERS = """
CREATE OR REPLACE TABLE matching.payer (
    p BIGINT, customer_id VARCHAR, standing VARCHAR, is_rest BOOLEAN, evidence VARCHAR)
"""
_NAMES = """
    SELECT customer_id, name FROM {names} WHERE name <> '' AND customer_id <> ''
"""
_NAMES_TAUGHT_NOW = """
    SELECT DISTINCT teacher.customer_id, payer_name AS name
    FROM {payments} JOIN matching.teacher teacher USING (payment_id)
    WHERE payer_name <> '' AND teacher.customer_id <> ''
"""


def define_account_key(connection: duckdb.DuckDBPyConnection) -> None:
    """The macro `matching_account_key(account)`: letters and digits alone, however a bank writes the account."""
    connection.execute(_ACCOUNT_KEY)


def keep_standings(connection: duckdb.DuckDBPyConnection, taught: str) -> None:
    """Make `payer_lesson (account, customer_id, times, contradicted, decided)` and, of those that count,
    `payer_standing (account, customer_id, times, decided, customers, standing)`.

    `taught`: SQL for account, customer_id, confirmed, contradicted, decided; several rows of a pair are one.
    """
    keep(connection, "payer_lesson", _LESSONS.format(taught=taught))
    keep(connection, "payer_standing", _STANDINGS)


def begin_learning(connection: duckdb.DuckDBPyConnection, payments: str, knowledge: Knowledge) -> None:
    """Views: `matching.teacher (payment_id, customer_id)`, `matching.payer_name (payment_id, said)`,
    `matching.customer_name (customer_id, name)`.

    Where nobody gives the customers' names, those of payers who named their receivables serve instead.
    """
    define_account_key(connection)
    begin_minding(connection, knowledge)
    view(connection, "matching.teacher", _TEACHERS)
    said = f"SELECT payment_id, payer_name AS said FROM {payments} WHERE payer_name <> ''"
    view(connection, "matching.payer_name", said)
    names = _NAMES.format(names=knowledge.names) if knowledge.names else _NAMES_TAUGHT_NOW.format(payments=payments)
    view(connection, "matching.customer_name", names)


def begin_asking(connection: duckdb.DuckDBPyConnection, payments: str, knowledge: Knowledge) -> None:
    """Look up once what no pass changes: the accounts of the payments that are not taken, and what they say."""
    was_rest = f"payment_id IN (SELECT payment_id FROM {knowledge.rests})" if knowledge.rests else "false"
    keep(connection, "matching.account", _ACCOUNTS.format(payments=payments, was_rest=was_rest))
    keep(connection, "matching.asking_account", "SELECT DISTINCT account FROM matching.account WHERE account <> ''")
    begin_looking_back(connection, knowledge)


def learn(connection: duckdb.DuckDBPyConnection, payments: str, knowledge: Knowledge) -> None:
    """Learn whose the accounts are, from what the books teach and from what this run has booked by names."""
    taught = _TAUGHT_NOW.format(payments=payments)
    if knowledge.payers:
        taught += _TAUGHT_BEFORE.format(payers=knowledge.payers)
    keep_standings(connection, taught)


def know_payers(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Say of each payment that is left who it is from, as far as anybody knows."""
    know_paid_before(connection, knowledge)
    keep(connection, "matching.asker", _ASKERS)
    if not count(connection, "matching.asker WHERE given <> '' OR account <> ''"):
        connection.execute(_NO_PAYERS)
        return
    keep(connection, "matching.payer", _DOUBTED.format(payers=_PAYERS))


def know_nobody(connection: duckdb.DuckDBPyConnection) -> None:
    """What `know_payers` leaves when no rule asks who a payment is from."""
    connection.execute(_NO_PAYERS)
    know_nothing_paid_before(connection)
