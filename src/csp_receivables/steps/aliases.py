"""Payers' bank accounts as the books and people know them: listed, and corrected by a named person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, person
from csp_receivables.domain.payer_aliases import AliasWord, Word, account_key, aliases_table
from csp_receivables.ports import AliasBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One account and customer; `standing` as `records.ALIAS` has it."""

    account: str
    customer_id: str
    customer_name: str
    standing: str
    confirmed: int  # payments from it that named a receivable of the customer, or that a person confirmed
    contradicted: int  # payments from it that a person took back
    word: AliasWord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aliases:
    """Payers' accounts by now: the words of people, and a DuckDB connection to derive the rest in."""

    book: AliasBook
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    today: date

    def listed(self, *, customer_id: str = "", account: str = "") -> tuple[Alias, ...]:
        """What is known, by account; of one customer or one account where they are named."""
        facts, words = self.book.read(self.today)
        with self.engine() as connection:
            rows = aliases_table(connection, facts).to_pylist()
        return tuple(
            _alias(row, words.get((row["payer_account"], row["customer_id"])))
            for row in rows
            if customer_id in ("", row["customer_id"]) and account_key(account) in ("", row["payer_account"])
        )

    def say(self, account: str, customer_id: str, word: Word, *, by: str, why: str) -> str:
        """Keep a person's word on an account and a customer; returns the account as it is kept.

        Raises ByHandRefused, and then nothing changes.
        """
        who, key = person(by, why), account_key(account)
        if not any(character.isdigit() for character in key):
            raise ByHandRefused(f"{account!r} is no bank account; write it as the bank does")
        self.book.say(key, customer_id, word.value, who)
        return key


def _alias(row: dict[str, Any], word: AliasWord | None) -> Alias:
    return Alias(
        account=row["payer_account"],
        customer_id=row["customer_id"],
        customer_name=row["customer_name"],
        standing=row["standing"],
        confirmed=row["confirmed"],
        contradicted=row["contradicted"],
        word=word,
    )
