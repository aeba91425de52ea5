"""Rule 0: bank lines that are not customers' money, with what they are instead and because.

A line is taken out of matching only when that is certain: the other account is our own, the payment provider's report
has the payout, or a rule of finance's policy says so and nothing contradicts it. What is taken out is of kind `other`
from then on and counts as not customer money, so that nothing is lost whatever the policy says; a credit that nothing
knows stays a payment, and what is allocated already stays allocated.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.bank_line_policy import (
    BankLinePolicy,
    BankLineRule,
    Direction,
    LineKind,
    account_keys,
    words_pattern,
)
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.payouts import PROVIDERS, keep_payouts
from csp_receivables.domain.records import NOT_CUSTOMER_MONEY
from csp_receivables.domain.relations import ask, keep, load

LINES_SHOWN_DAYS = 31  # a day's report shows a month of lines; the ledger keeps every one

_RULES = pa.schema([("place", pa.int64()), ("rule", pa.string()), ("kind", pa.string()), ("because", pa.string())])
_KEY = """
CREATE OR REPLACE TEMP MACRO account_key(account) AS ltrim(regexp_replace(upper(account), '[^0-9A-Z]', '', 'g'), '0')
"""
# The accounts that statements are of, and those that finance names; a provider's clearing account is none of a bank.
_OWN_ACCOUNTS = """
    SELECT key, min(account) AS account
      FROM (SELECT account_key(account) AS key, account
              FROM (SELECT account, family FROM payments UNION SELECT account, family FROM statements)
             WHERE NOT list_contains($providers, family)
            UNION ALL SELECT unnest($keys), unnest($accounts))
     WHERE key <> '' GROUP BY key
"""
# A payer pays often: each account's key is made once.
_PAYER_KEYS = "SELECT payer_account, account_key(payer_account) AS key FROM payments GROUP BY payer_account"
_OWN_TRANSFERS = """
    SELECT p.payment_id, 'own_transfer' AS kind, 'the other account, ' || p.payer_account || ', is our own'
           || CASE WHEN other.account = p.payer_account THEN '' ELSE ' ' || other.account END AS because
      FROM payments p JOIN payer_keys USING (payer_account) JOIN own_accounts other USING (key)
      LEFT JOIN own_accounts this ON this.key = account_key(p.account)
     WHERE p.status = 'booked' AND p.kind IN ('payment', 'other') AND p.payer_account <> ''
       AND other.account <> coalesce(this.account, p.account)
"""
_BY_RULE = """
    SELECT payment_id, amount, reference, CASE {cases} END AS place
      FROM payments ANTI JOIN set_aside USING (payment_id)
     WHERE status = 'booked' AND kind IN ('payment', 'other') AND NOT list_contains($providers, family)
       AND place IS NOT NULL
"""
# A policy is a guess about names and texts; a reference that one of our receivables bears is the payer's own word.
_CONTRADICTED = """
    SELECT ruled.payment_id, rule, ruled.kind, min(receivable.number) AS number
      FROM ruled JOIN receivables receivable ON receivable.reference = ruled.reference
     WHERE ruled.amount > 0 AND ruled.reference <> '' GROUP BY ALL ORDER BY payment_id
"""
_TOO_LATE = """
    SELECT payment_id, kind, because, amount, currency FROM set_aside
      JOIN (SELECT payment_id, amount, currency FROM payments WHERE status = 'booked' AND kind = 'payment')
        USING (payment_id)
      SEMI JOIN (SELECT source_id FROM allocations WHERE source_kind = 'payment' GROUP BY source_id
                 HAVING sum(amount) <> 0) used ON used.source_id = payment_id
     ORDER BY payment_id
"""
_STAYS = "DELETE FROM set_aside WHERE list_contains($late, payment_id)"
_TAKE_OUT = """
UPDATE payments SET kind = 'other' WHERE kind = 'payment' AND payment_id IN (SELECT payment_id FROM set_aside)
"""
_VIEW = """
    SELECT p.payment_id, p.booked_on, p.account, p.currency, p.amount,
           CASE WHEN p.amount < 0 AND p.allocated <> 0 THEN 'refund' ELSE coalesce(s.kind, 'other') END AS kind,
           p.payer_name AS party_name, p.payer_account AS party_account, p.text,
           CASE WHEN p.amount < 0 AND p.allocated <> 0 THEN coalesce(a.because, '')
                WHEN s.because IS NOT NULL THEN s.because
                WHEN p.amount > 0 THEN 'the bank does not book it as a payment'
                ELSE 'money out that no rule knows' END AS because
      FROM payment_positions p LEFT JOIN set_aside s USING (payment_id)
      LEFT JOIN (SELECT source_id, max(because) AS because FROM allocations
                  WHERE source_kind = 'payment' AND rule = 'refund' GROUP BY source_id) a ON a.source_id = p.payment_id
     WHERE p.kind = 'other' AND p.booked_on > $since
     ORDER BY p.booked_on, kind, p.account, p.amount, p.payment_id
"""


def take_out(connection: duckdb.DuckDBPyConnection, policy: BankLinePolicy, as_of: date) -> list[Finding]:
    """Make what is certainly not customers' money `other` in `payments`; needs the facts, returns what is unsure.

    Keeps `set_aside (payment_id, kind, because)`.
    """
    connection.execute(_KEY)
    own = policy.own.accounts
    values = {"keys": list(own), "accounts": list(own.values()), "providers": list(PROVIDERS)}
    keep(connection, "own_accounts", _OWN_ACCOUNTS, **values)
    keep(connection, "payer_keys", _PAYER_KEYS)
    keep(connection, "set_aside", _OWN_TRANSFERS)
    contradicted = _by_rule(connection, policy.rules)
    payouts = [place for place, rule in enumerate(policy.rules) if rule.kind is LineKind.PROVIDER_PAYOUT]
    unclear = keep_payouts(connection, payouts, as_of)
    late = _too_late(connection)
    connection.execute(_TAKE_OUT)
    return [*contradicted, *unclear, *late]


def not_customer_money_view(connection: duckdb.DuckDBPyConnection, as_of: date) -> pa.Table:
    """The lines of the last LINES_SHOWN_DAYS that are not customers' money (schema NOT_CUSTOMER_MONEY)."""
    return ask(connection, _VIEW, NOT_CUSTOMER_MONEY, since=as_of - timedelta(days=LINES_SHOWN_DAYS))


def _by_rule(connection: duckdb.DuckDBPyConnection, rules: tuple[BankLineRule, ...]) -> list[Finding]:
    """Set aside what a rule knows; a payout only when the provider's report has it, which `payouts` looks up."""
    cases, values = _cases(rules)
    keep(connection, "by_rule", _BY_RULE.format(cases=cases), providers=list(PROVIDERS), **values)
    load(connection, "rules_of_lines", _rules_table(rules))
    keep(connection, "ruled", "SELECT * FROM by_rule JOIN rules_of_lines USING (place) WHERE kind <> 'provider_payout'")
    contradicted = connection.execute(_CONTRADICTED).fetchall()
    load(connection, "contradicted", pa.table({"payment_id": pa.array([row[0] for row in contradicted], pa.string())}))
    connection.execute(
        "INSERT INTO set_aside SELECT payment_id, kind, because FROM ruled ANTI JOIN contradicted USING (payment_id)"
    )
    return [_contradicted(*row) for row in contradicted]


def _rules_table(rules: tuple[BankLineRule, ...]) -> pa.Table:
    rows = [
        {"place": place, "rule": rule.name, "kind": rule.kind.value, "because": f"rule {rule.name}: {_said(rule)}"}
        for place, rule in enumerate(rules)
    ]
    return pa.Table.from_pylist(rows, schema=_RULES)


def _said(rule: BankLineRule) -> str:
    """`money out; the name has "Microsoft"`."""
    way = {Direction.IN: "money in; ", Direction.OUT: "money out; ", Direction.ANY: ""}[rule.direction]
    parts = (("the other account is ", rule.accounts), ("the name has ", rule.names), ("the text has ", rule.texts))
    return way + " and ".join(
        said + " or ".join(f'"{phrase}"' for phrase in phrases) for said, phrases in parts if phrases
    )


def _cases(rules: tuple[BankLineRule, ...]) -> tuple[str, dict[str, Any]]:
    """SQL that gives a line the place of the first rule which fits, and its values."""
    cases: list[str] = []
    values: dict[str, Any] = {}
    for place, rule in enumerate(rules):
        said = {Direction.IN: ["amount > 0"], Direction.OUT: ["amount < 0"], Direction.ANY: []}[rule.direction]
        if rule.accounts:
            said.append(f"list_contains($accounts{place}, account_key(payer_account))")
            values[f"accounts{place}"] = account_keys(rule.accounts)
        if rule.names:
            said.append(f"regexp_matches(payer_name, $names{place})")
            values[f"names{place}"] = words_pattern(rule.names)
        if rule.texts:
            said.append(f"regexp_matches(text, $texts{place})")
            values[f"texts{place}"] = words_pattern(rule.texts)
        cases.append(f"WHEN {' AND '.join(said)} THEN {place}")
    return " ".join(cases) or "WHEN false THEN 0", values


def _too_late(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Lines that are allocated already stay payments: the money is counted once, where it was booked."""
    late = connection.execute(_TOO_LATE).fetchall()
    connection.execute(_STAYS, {"late": [row[0] for row in late]})
    return [
        Finding(
            code="payment.known_too_late",
            severity=Severity.WARNING,
            found=f"payment {payment_id} is allocated, but it is no customer's money ({kind}): {because}",
            remedy="It stays allocated. Undo the allocation if the rule is right, else correct the rule.",
            subject=payment_id,
            amount=amount,
            currency=currency,
        )
        for payment_id, kind, because, amount, currency in late
    ]


def _contradicted(payment_id: str, rule: str, kind: str, number: str) -> Finding:
    return Finding(
        code="payment.rule_contradicted",
        severity=Severity.WARNING,
        found=f"rule {rule} takes payment {payment_id} for {kind}, but its reference is that of receivable {number}",
        remedy="It stays a payment. Make the rule in include/policies/bank_lines.yaml narrower.",
        subject=payment_id,
    )
