"""People's decisions about matches, and their words on payers' accounts, in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, union

from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger
from csp_receivables.adapters.ledger.facts import read_facts
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, ByHand, ByHandRefused, Person
from csp_receivables.domain.payer_aliases import AliasWord


@dataclass(frozen=True, slots=True)
class LedgerMatchBook:
    """Implements ports.MatchBook on the ledger."""

    ledger: Ledger

    def decide(self, as_of: date, who: Person, decide: Callable[[Facts], ByHand]) -> ByHand:
        with self.ledger.writing() as writing:
            decided = decide(read_facts(writing.connection, as_of, writing.recorded_at))
            recorded = {"recorded_at": writing.recorded_at}
            booked = insert_new(writing.connection, t.allocation, decided.allocations, run_id=who.run_id, **recorded)
            if booked != decided.allocations.num_rows:
                raise ByHandRefused(
                    "the ledger has facts of later days than today; set CSP_CLOCK right, then try again"
                )
            said = {"declined_by": who.name, "why": who.why}
            insert_new(writing.connection, t.declined_match, decided.declined, **said, **recorded)
        return decided


@dataclass(frozen=True, slots=True)
class LedgerAliasBook:
    """Implements ports.AliasBook on the ledger."""

    ledger: Ledger

    def read(self, as_of: date) -> tuple[Facts, Mapping[tuple[str, str], AliasWord]]:
        known_at = self.ledger.everything_known()
        with self.ledger.reading() as connection:
            return read_facts(connection, as_of, known_at), _words(connection, known_at)

    def say(self, account: str, customer_id: str, word: str, who: Person) -> None:
        with self.ledger.writing() as writing:
            connection = writing.connection
            _refuse_unknown(connection, customer_id)
            latest = _words(connection, writing.recorded_at).get((account, customer_id))
            if latest and latest.word == word:
                raise AlreadyDone(f"{latest.said_by} already said so on {latest.recorded_at[:10]}: {latest.why}")
            row = {"payer_account": account, "customer_id": customer_id, "word": word}
            said = {"said_by": who.name, "why": who.why, "recorded_at": writing.recorded_at}
            connection.execute(insert(t.alias_word).values(**row, **said))


def _refuse_unknown(connection: Connection, customer_id: str) -> None:
    named = union(select(t.customer.c.customer_id), select(t.receivable.c.customer_id)).subquery()
    query = select(named.c.customer_id).where(named.c.customer_id == customer_id)
    if connection.execute(query).first() is None:
        raise ByHandRefused(f"no customer {customer_id!r} is known; use the customer_id of the customers file")


def _words(connection: Connection, known_at: str) -> dict[tuple[str, str], AliasWord]:
    """The latest word on each account and customer."""
    return {
        (row.payer_account, row.customer_id): AliasWord(
            word=row.word, said_by=row.said_by, why=row.why, recorded_at=row.recorded_at
        )
        for row in connection.execute(_latest_words(known_at))
    }


def _latest_words(known_at: str) -> Select[Any]:
    said = t.alias_word
    place = func.row_number().over(
        partition_by=(said.c.payer_account, said.c.customer_id), order_by=said.c.recorded_at.desc()
    )
    ranked = select(said, place.label("place")).where(said.c.recorded_at <= known_at).subquery()
    return select(ranked).where(ranked.c.place == 1).order_by(ranked.c.payer_account, ranked.c.customer_id)
