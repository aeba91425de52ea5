"""What the rules suggest for one payment, asked at the moment a person decides."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow.compute as pc

from csp_receivables.domain.booking import decide_booking
from csp_receivables.domain.matching_by_hand.books import Situation, was_decided
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHandRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """One receivable of an option; `amount` in minor units of the payment's currency."""

    option: int
    receivable_id: str
    amount: int
    rule: str


def suggested(connection: duckdb.DuckDBPyConnection, situation: Situation, payment_id: str) -> list[Suggested]:
    """What is suggested for the payment, the best first. Leaves the positions as after booking: lay out again."""
    every = decide_booking(connection, situation.facts, situation.policy, situation.lines).suggestions
    rows = every.filter(pc.equal(every["payment_id"], payment_id)).sort_by(
        [("option", "ascending"), ("receivable_id", "ascending")]
    )
    return [
        Suggested(option=row["option"], receivable_id=row["receivable_id"], amount=row["amount"], rule=row["rule"])
        for row in rows.to_pylist()
    ]


def refuse_old_numbers(connection: duckdb.DuckDBPyConnection, payment_id: str) -> None:
    """Options are counted anew once a person has declined something of the payment: an old page's number, or a repeated
    command, would mean another one.
    """
    if was_decided(connection, payment_id):
        raise AlreadyDone(
            f"something of {payment_id} was already rejected or taken back, and its options are counted anew since; "
            "name receivables instead (reject PAYMENT RECEIVABLE, or split PAYMENT RECEIVABLE=AMOUNT …)"
        )


def option_of(rows: list[Suggested], payment_id: str, option: int | None, receivable_id: str) -> list[Suggested]:
    """The rows of one option, which has the receivable where one is named. Raises ByHandRefused."""
    if not rows:
        raise ByHandRefused(f"nothing is suggested for {payment_id}; name the receivable")
    options = sorted({row.option for row in rows})
    if option is None and len(options) > 1:
        raise ByHandRefused(
            f"{len(options)} options are suggested for {payment_id}: {said(rows)}; choose with --option"
        )
    chosen = [row for row in rows if row.option == (options[0] if option is None else option)]
    if not chosen:
        raise ByHandRefused(f"no option {option} is suggested for {payment_id}; there is {said(rows)}")
    if receivable_id and receivable_id not in {row.receivable_id for row in chosen}:
        raise ByHandRefused(f"option {option} of {payment_id} does not have {receivable_id}; there is {said(rows)}")
    return chosen


def said(rows: list[Suggested]) -> str:
    """`1: partner/100 + partner/101; 2: partner/102`."""
    options = sorted({row.option for row in rows})
    return "; ".join(
        f"{option}: {' + '.join(row.receivable_id for row in rows if row.option == option)}" for option in options
    )
