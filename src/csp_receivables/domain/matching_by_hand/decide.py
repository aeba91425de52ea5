"""One person's decision on the facts of the moment."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching_by_hand.books import Situation
from csp_receivables.domain.matching_by_hand.confirm import confirm, split
from csp_receivables.domain.matching_by_hand.reject import reject
from csp_receivables.domain.matching_by_hand.requests import ByHand, Confirm, Person, Reject, Request, Split
from csp_receivables.domain.matching_by_hand.take_back import take_back


def decide_by_hand(
    connection: duckdb.DuckDBPyConnection,
    situation: Situation,
    request: Request,
    who: Person,
) -> ByHand:
    """What the request adds to the ledger. The books decide, whatever the person believes: raises ByHandRefused."""
    if isinstance(request, Confirm):
        return confirm(connection, situation, request, who)
    if isinstance(request, Split):
        return split(connection, situation, request, who)
    if isinstance(request, Reject):
        return reject(connection, situation, request)
    return take_back(connection, situation, request, who)
