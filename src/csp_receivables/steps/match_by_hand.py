"""A named person decides about a match: gather the facts, let the rules of money decide, keep what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

import duckdb

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching_by_hand.books import Situation
from csp_receivables.domain.matching_by_hand.decide import decide_by_hand
from csp_receivables.domain.matching_by_hand.requests import ByHand, Request, person
from csp_receivables.ports import MatchBook


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchByHand:
    """What deciding by hand needs: the book, a DuckDB connection to compute in, and the policies of the rules."""

    book: MatchBook
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    policy: MatchingPolicy
    lines: BankLinePolicy
    today: date

    def decide(self, request: Request, *, by: str, why: str) -> ByHand:
        """Do what the person asks for, on all that is known by now. Raises ByHandRefused, and then nothing changes."""
        who = person(by, why)

        def on(facts: Facts) -> ByHand:
            situation = Situation(facts=facts, policy=self.policy, lines=self.lines)
            with self.engine() as connection:
                return decide_by_hand(connection, situation, request, who)

        return self.book.decide(self.today, who, on)
