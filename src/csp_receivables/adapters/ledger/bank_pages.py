"""Consecutive pages of a day: equal entries without a bank's id go on counting where the earlier page stopped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from csp_receivables.adapters.ledger.bank_amounts import stored_amount
from csp_receivables.adapters.ledger.tables import payment, payment_sighting, statement
from csp_receivables.domain.payment_ids import equality_key, nth_entry_id, texts_of
from csp_receivables.domain.statements import Statement


def equals_before(connection: Connection, page: Statement) -> Mapping[str, int]:
    """How many equals, by equality key, the ledger has on pages that join `page` by their balances.

    The same page once more goes by the ordinals it had the first time; a page that merely overlaps starts afresh.
    """
    others = _overlapping(connection, page)
    same = [other.statement_id for other in others if other.statement_key == page.page_key]
    if same:
        return _ordinals_of(_entries(connection, same))
    linked = _linked(page, others)
    return Counter(key for key, _ in _entries(connection, linked))


def _overlapping(connection: Connection, page: Statement) -> Sequence[Row[Any]]:
    if page.opening is None or page.closing is None or page.from_on is None or page.until_on is None:
        return ()
    query = select(statement).where(
        statement.c.account == page.account,
        statement.c.family == page.family,
        statement.c.from_on <= page.until_on,
        statement.c.until_on >= page.from_on,
        statement.c.opening.is_not(None),
        statement.c.closing.is_not(None),
    )
    return connection.execute(query.order_by(statement.c.statement_id)).all()


def _linked(page: Statement, others: Sequence[Row[Any]]) -> list[str]:
    """The statements that form one chain with `page`: one's closing is the next one's opening, under other numbers."""
    ends = {"": (page.number, stored_amount(page.opening, page.currency), stored_amount(page.closing, page.currency))}
    ends |= {other.statement_id: (other.number, other.opening, other.closing) for other in others}
    chain, reached = [""], {""}
    for at_hand in chain:
        for candidate, end in ends.items():
            if candidate not in reached and _follow(ends[at_hand], end):
                reached.add(candidate)
                chain.append(candidate)
    return chain[1:]


def _follow(one: tuple[str, int | None, int | None], other: tuple[str, int | None, int | None]) -> bool:
    """Is either the page after the other? Equal balances at both ends are a re-export under another number.

    A page that closes where it opened joins any page that opens there, also a re-export of itself with more in it. Its
    place can't be told, so it is no page of a chain: money that might be the same is not counted twice.
    """
    if one[0] == other[0] or one[1:] == other[1:] or one[1] == one[2] or other[1] == other[2]:
        return False
    return one[2] == other[1] or other[2] == one[1]


def _entries(connection: Connection, statement_ids: Sequence[str]) -> list[tuple[str, str]]:
    """(equality key, entry id) of each booked entry without a bank's id that the statements told of."""
    again = and_(payment_sighting.c.payment_id == payment.c.payment_id, payment_sighting.c.family == payment.c.family)
    told = or_(payment.c.statement_id.in_(statement_ids), payment_sighting.c.statement_id.in_(statement_ids))
    query = select(payment).distinct().outerjoin(payment_sighting, again).where(told, payment.c.bank_ref == "")
    entries: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query.order_by(payment.c.entry_id, payment.c.detail_no)):
        entries[row.entry_id].append(row)
    return [(_key_of(details), entry_id) for entry_id, details in entries.items()]


def _key_of(details: Sequence[Row[Any]]) -> str:
    first = details[0]
    texts = texts_of((row.end_to_end, row.payer_account, row.reference, row.text) for row in details)
    amount = f"{sum(row.amount for row in details)}{first.currency}"
    return equality_key(first.account, first.booked_on.isoformat(), amount, "", texts)


def _ordinals_of(entries: Sequence[tuple[str, str]]) -> Mapping[str, int]:
    """For each key how many ordinals lie before the first that the entries bear."""
    ids: dict[str, set[str]] = defaultdict(set)
    for key, entry_id in entries:
        ids[key].add(entry_id)
    before: dict[str, int] = {}
    for key, known in ids.items():
        before[key] = next((n for n in range(_ORDINALS_MAX) if nth_entry_id(key, n + 1) in known), 0)
    return before


_ORDINALS_MAX = 10_000  # equal entries without an id on one day: more are a test of the reader, not a bank's day
