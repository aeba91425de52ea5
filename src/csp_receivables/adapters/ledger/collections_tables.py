"""The tables of collections: holds, tags, policies, rounds and decisions. `tables` carries them with all others."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Table

from csp_receivables.adapters.ledger.columns import day, key, maybe, metadata, money, recorded, text
from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.decisions import Answer


def _one_of(column: str, values: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


hold = Table(
    "hold",
    metadata,
    key("hold_id"),
    *text("kind", "customer_id", "receivable_id", "reason", "placed_by"),
    *day("placed_on"),
    *maybe(Date, "until"),
    *text("currency"),
    recorded(),
    CheckConstraint(_one_of("kind", [kind.value for kind in HoldKind]), name="kind"),
    Index(None, "customer_id"),
)

hold_instalment = Table(
    "hold_instalment", metadata, key("hold_id"), key("ordinal", Integer), *day("due_on"), *money("amount"), recorded()
)

hold_end = Table("hold_end", metadata, key("hold_id"), *day("ended_on"), *text("ended_by", "why"), recorded())

customer_tag = Table(  # the latest word on a customer and a tag counts
    "customer_tag",
    metadata,
    key("customer_id"),
    key("tag"),
    recorded(key=True),
    Column("tagged", Boolean, nullable=False),
    *text("said_by", "why"),
)

collections_policy = Table(  # every version that was ever used, with its text
    "collections_policy", metadata, key("version"), *text("name", "content"), recorded()
)

collections_round = Table(
    "collections_round",
    metadata,
    key("customer_id"),
    key("round_id"),
    *day("opened_on"),
    *text("policy_version", "receivable_ids", "run_id"),  # receivable_ids: JSON
    recorded(),
)

round_closing = Table(
    "round_closing", metadata, key("customer_id"), key("round_id"), *day("closed_on"), *text("run_id"), recorded()
)

decision_run = Table(
    "decision_run",
    metadata,
    key("run_id"),
    *text("mode"),
    *day("as_of"),
    *text("known_at", "policy_version"),
    *money("customers", "acts"),
    Column("dry", Boolean, nullable=False),  # nothing was proposed: the policy is not live yet, or the run is none
    recorded(),
    CheckConstraint("mode IN ('live', 'historical')", name="mode"),
)

decision = Table(
    "decision",
    metadata,
    key("run_id"),
    key("customer_id"),
    *text("answer", "stage", "currency"),
    *money("open", "overdue", "days_overdue"),
    *text("round_id", "receivable_ids", "because", "outranked", "next_stage"),  # lists are JSON
    *maybe(Date, "next_on"),
    *text("policy_version"),
    recorded(),
    CheckConstraint(_one_of("answer", [answer.value for answer in Answer]), name="answer"),
    Index(None, "customer_id"),
)
