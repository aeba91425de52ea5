"""Rules that go by the same evidence: what a person says no to for one of them is no for all of them."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from csp_receivables.domain.matching.ladder import NAMING_RULES, PAYER_RULES
from csp_receivables.domain.records import DECLINED

# What the payment names, and whose account it came from. What a payment looks like is each rule's own evidence.
_EVIDENCE = tuple(tuple(rule.name for rule in rules) for rules in (NAMING_RULES, PAYER_RULES))


def declined_table(payment_id: str, pairs: Iterable[tuple[str, str]]) -> pa.Table:
    """DECLINED for the payment: of each (receivable, rule) the rule and all that go by the same evidence."""
    declined = {(receivable_id, alike) for receivable_id, rule in pairs for alike in _alike(rule)}
    rows = [
        {"payment_id": payment_id, "receivable_id": receivable_id, "rule": rule}
        for receivable_id, rule in sorted(declined)
    ]
    return pa.Table.from_pylist(rows, schema=DECLINED)


def _alike(rule: str) -> tuple[str, ...]:
    return next((rules for rules in _EVIDENCE if rule in rules), (rule,))
