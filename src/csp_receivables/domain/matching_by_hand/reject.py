"""A person says no to what is suggested: the same evidence never suggests it again."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching_by_hand import books
from csp_receivables.domain.matching_by_hand.books import Situation, lay_out
from csp_receivables.domain.matching_by_hand.evidence import declined_table
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHand, ByHandRefused, Reject
from csp_receivables.domain.matching_by_hand.suggested import (
    Suggested,
    option_of,
    refuse_old_numbers,
    said,
    suggested,
)


def reject(
    connection: duckdb.DuckDBPyConnection,
    situation: Situation,
    request: Reject,
) -> ByHand:
    """Decline what is suggested: one option, whatever names one receivable, or everything. Raises ByHandRefused."""
    lay_out(connection, situation)
    payment = books.payment(connection, books.payment_id_of(connection, request.payment))
    receivable_id = books.invoice(connection, request.receivable).receivable_id if request.receivable else ""
    if request.option is not None or not receivable_id:
        refuse_old_numbers(connection, payment.payment_id)
    was_declined = books.was_decided(connection, payment.payment_id, receivable_id)
    rows = suggested(connection, situation, payment.payment_id)
    chosen = _chosen(rows, request, payment.payment_id, receivable_id, was_declined=was_declined)
    return ByHand(
        payment_id=payment.payment_id,
        currency=payment.currency,
        left=payment.left,
        declined=declined_table(payment.payment_id, [(row.receivable_id, row.rule) for row in chosen]),
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
    if request.option is None:
        return with_it
    chosen = option_of(rows, payment_id, request.option, receivable_id)
    in_others = {row.receivable_id for row in rows if row.option != request.option}
    # A set falls with any of its receivables, so a no to one option names what no other option has, if it can.
    return [row for row in chosen if row.receivable_id not in in_others] or chosen
