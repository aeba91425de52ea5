"""A person takes an allocation back: another entry undoes what is left of it, and no rule books it again."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.allocation_ids import name_allocations
from csp_receivables.domain.matching.foreign_currency import FOREIGN_CURRENCY
from csp_receivables.domain.matching_by_hand import books
from csp_receivables.domain.matching_by_hand.books import Situation, Standing, lay_out
from csp_receivables.domain.matching_by_hand.evidence import declined_table
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHand, ByHandRefused, Person, TakeBack
from csp_receivables.domain.payer_aliases import TAKEN_BACK
from csp_receivables.domain.records import NEW_ALLOCATION

_LEFT = """
    SELECT coalesce(max(left_amount), 0) FROM (
        SELECT left_amount FROM payment_positions WHERE payment_id = $id
        UNION ALL SELECT left_amount FROM credit_positions WHERE receivable_id = $id)
"""


def take_back(connection: duckdb.DuckDBPyConnection, situation: Situation, request: TakeBack, who: Person) -> ByHand:
    """Undo the allocation whole, its written-off difference with it; across currencies both entries. Raises
    ByHandRefused.
    """
    lay_out(connection, situation)
    found = _named(connection, request)
    paid = _paid_for(connection, found)
    entries = [found] if paid == found else [found, paid]
    undoing = pa.Table.from_pylist([_row(who, entry) for entry in entries], schema=NEW_ALLOCATION)
    ((left,),) = connection.execute(_LEFT, {"id": found.source_id}).fetchall()
    return ByHand(
        payment_id=found.source_id,
        currency=paid.currency,
        left=left + paid.amount,
        allocations=name_allocations(connection, undoing),
        declined=declined_table(found.source_id, [(found.receivable_id, found.rule)]),
    )


def _named(connection: duckdb.DuckDBPyConnection, request: TakeBack) -> Standing:
    """The one allocation that is meant and still stands."""
    if bool(request.allocation) == bool(request.payment or request.receivable):
        raise ByHandRefused("name the allocation by its id, or by --payment and --receivable")
    if request.allocation:
        return _by_id(connection, books.allocation_id_of(connection, request.allocation))
    if not request.payment or not request.receivable:
        raise ByHandRefused("--payment and --receivable name an allocation together")
    source_id = books.source_id_of(connection, request.payment)
    receivable_id = books.invoice(connection, request.receivable).receivable_id
    pair = books.standing_of(connection, source_id, receivable_id)
    standing = [one for one in pair if _stands(one)]
    if pair and not standing:
        raise AlreadyDone(f"what {source_id} gave to {receivable_id} was already taken back")
    if not pair:
        there_is = ", ".join(map(str, books.standing_of(connection, source_id)))
        raise ByHandRefused(f"nothing of {source_id} is allocated to {receivable_id}; there is {there_is or 'nothing'}")
    if len(standing) > 1:
        raise ByHandRefused(
            f"{len(standing)} allocations are meant: {', '.join(one.allocation_id for one in standing)}"
        )
    return standing[0]


def _paid_for(connection: duckdb.DuckDBPyConnection, found: Standing) -> Standing:
    """The entry in the payment's own currency: the allocation itself, but for one across currencies."""
    if found.source_kind != "exchange":
        return found
    entries = books.standing_of(connection, found.source_id)
    return next(one for one in entries if one.rule == found.rule and not one.receivable_id and _stands(one))


def _by_id(connection: duckdb.DuckDBPyConnection, allocation_id: str) -> Standing:
    found = books.standing(connection, allocation_id)
    if found is None:
        raise ByHandRefused(f"{allocation_id} itself takes an allocation back; to allocate again, confirm it")
    if not found.receivable_id and found.rule == FOREIGN_CURRENCY.name:
        entries = [one for one in books.standing_of(connection, found.source_id) if one.source_kind == "exchange"]
        found = max(entries, key=_stands)
    if not found.receivable_id:
        raise ByHandRefused(f"{allocation_id} is what the bank gave back ({found.rule}); that can't be undone by hand")
    if not _stands(found):
        raise AlreadyDone(f"{allocation_id} was already taken back")
    return found


def _stands(allocation: Standing) -> bool:
    return bool(allocation.amount or allocation.difference)


def _row(who: Person, found: Standing) -> dict[str, object]:
    return {
        "source_kind": found.source_kind,
        "source_id": found.source_id,
        "receivable_id": found.receivable_id,
        "amount": -found.amount,
        "difference": -found.difference,
        "currency": found.currency,
        "rule": TAKEN_BACK,
        "outcome": "reversed",
        "because": f"taken back by {who.name}: {who.why}",
        "effective_on": found.effective_on,
        "reverses": found.allocation_id,
    }
