"""A person says no to what is suggested: the rule that suggested it never does so again."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.matching_by_hand import books
from csp_receivables.domain.matching_by_hand.books import Situation, lay_out
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHand, ByHandRefused, Reject
from csp_receivables.domain.matching_by_hand.suggested import (
    Suggested,
    option_of,
    refuse_old_numbers,
    said,
    suggested,
)
from csp_receivables.domain.records import DECLINED


def reject(
    connection: duckdb.DuckDBPyConnection,
    situation: Situation,
    request: Reject,
) -> ByHand:
    """Decline what is suggested: one option, whatever names one receivable, or everything. Raises ByHandRefused."""
    lay_out(connection, situation)
    payment = books.payment(connection, books.payment_id_of(connection, request.payment))
    receivable_id = books.invoice(connection, request.receivable).receivable_id if request.receivable else ""
    if not receivable_id:
        refuse_old_numbers(connection, payment.payment_id)
    was_declined = books.was_decided(connection, payment.payment_id, receivable_id)
    rows = suggested(connection, situation, payment.payment_id)
    chosen = _chosen(rows, request, payment.payment_id, receivable_id, was_declined=was_declined)
    declined = [
        {"payment_id": payment.payment_id, "receivable_id": row.receivable_id, "rule": row.rule} for row in chosen
    ]
    return ByHand(
        payment_id=payment.payment_id,
        currency=payment.currency,
        left=payment.left,
        declined=pa.Table.from_pylist(declined, schema=DECLINED),
    )


def _chosen(
    rows: list[Suggested], request: Reject, payment_id: str, receivable_id: str, *, was_declined: bool
) -> list[Suggested]:
    with_it = [row for row in rows if receivable_id in ("", row.receivable_id)]
    if not with_it and was_declined:
        raise AlreadyDone(f"{receivable_id or 'everything'} was already rejected or taken back for {payment_id}")
    if not with_it:
        there_is = f"; there is {said(rows)}" if rows else ""
        raise ByHandRefused(f"{receivable_id or 'nothing'} is not suggested for {payment_id}{there_is}")
    if request.option is not None:
        return option_of(rows, payment_id, request.option, receivable_id)
    return list({row.receivable_id: row for row in with_it}.values())
