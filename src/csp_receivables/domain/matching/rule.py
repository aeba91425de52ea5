"""What a rule of the ladder is, and the table in which it says what it would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from csp_receivables.domain.matching.policy import MatchingPolicy

# A rule leaves its answer in the temporary table `matching.proposal`:
#   p, r         row ids of the payment and the receivable
#   amount       of the payment that goes to the receivable, or would
#   difference   written off so that the receivable closes
#   outcome      "full", "partial", "with_difference"; "" for what is only suggested
#   books        false: a person decides
#   option       of what is suggested for a payment: 1 is the best; rows of one option belong together
#   because      the sentence; null: the rule's own `sentence`, made when it is written out, so that a million of them
#                are not carried from rule to rule
_NOTHING = """
CREATE OR REPLACE TABLE matching.proposal (
    p BIGINT, r BIGINT, amount BIGINT, difference BIGINT, outcome VARCHAR, books BOOLEAN, option BIGINT,
    because VARCHAR)
"""
Propose = Callable[[duckdb.DuckDBPyConnection, MatchingPolicy], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rung.

    `concerned`: SQL for the rows without which it has nothing to do; `sentence`: SQL of `reference` (the payment's) and
    `receivable_id`; `leaves_rests`: may take a part; `only_suggests`: is never sure enough to book; `net_of`: SQL for
    (p, c), the credit notes whose rows of the proposal stand and fall with payment p's, "" where there are none.
    """

    name: str
    propose: Propose
    concerned: str
    sentence: str = "''"
    leaves_rests: bool = False
    only_suggests: bool = False
    net_of: str = ""


def propose_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave an empty proposal: quicker than asking for one, and most small days have nothing for the later rules."""
    connection.execute(_NOTHING)
