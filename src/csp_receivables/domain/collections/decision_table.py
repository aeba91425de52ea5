"""Decisions as a table: what the ledger keeps of each, and what makes two runs the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date

import pyarrow as pa

from csp_receivables.domain.collections.decisions import Decision, Reason
from csp_receivables.domain.day import Mode

DECISION = pa.schema(
    [
        pa.field("customer_id", pa.string(), nullable=False),
        pa.field("answer", pa.string(), nullable=False),  # of `Answer`
        pa.field("stage", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("open", pa.int64(), nullable=False),
        pa.field("overdue", pa.int64(), nullable=False),
        pa.field("days_overdue", pa.int64(), nullable=False),
        pa.field("round_id", pa.string(), nullable=False),
        pa.field("receivable_ids", pa.string(), nullable=False),  # JSON, oldest due first
        pa.field("because", pa.string(), nullable=False),  # JSON: [[rule, threshold, actual], …]
        pa.field("outranked", pa.string(), nullable=False),  # the same
        pa.field("next_stage", pa.string(), nullable=False),
        pa.field("next_on", pa.date32()),
        pa.field("policy_version", pa.string(), nullable=False),
    ]
)
_JSON = {"receivable_ids", "because", "outranked"}


def decision_table(decisions: Sequence[Decision]) -> pa.Table:
    """Decisions (schema DECISION), in the order given."""
    columns = [_column(name, decisions) for name in DECISION.names]
    return pa.Table.from_arrays(columns, schema=DECISION)


def _column(name: str, decisions: Sequence[Decision]) -> pa.Array:
    values = [getattr(decision, name) for decision in decisions]
    if name in _JSON:
        known: dict[object, str] = {}  # most decisions say the same, and writing JSON is dear
        values = [known.get(value) or known.setdefault(value, to_json(value)) for value in values]
    return pa.array(values, type=DECISION.field(name).type)


def to_json(values: Iterable[Reason | str]) -> str:
    """Reasons or ids as JSON text."""
    plain = [[v.rule, v.threshold, v.actual] if isinstance(v, Reason) else v for v in values]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def reasons_of(text: str) -> tuple[Reason, ...]:
    """Reasons back from JSON text."""
    return tuple(Reason(rule=rule, threshold=threshold, actual=actual) for rule, threshold, actual in json.loads(text))


def decision_run_name(table: pa.Table, mode: Mode, as_of: date, known_at: str) -> str:
    """A run is known by its mode, day and content: the same result has the same name, however often it is made."""
    digest = hashlib.sha256()
    for batch in table.to_batches():
        for column in batch.columns:
            digest.update(json.dumps(column.to_pylist(), default=str, ensure_ascii=False).encode())
    known = "" if mode is Mode.LIVE else f"@{known_at}"
    return f"decisions:{mode.value}:{as_of}{known}:{digest.hexdigest()[:16]}"
