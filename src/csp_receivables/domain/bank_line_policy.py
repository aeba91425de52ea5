"""The policy of bank lines: what tells that a line of the bank is not customers' money, and what it is instead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from csp_receivables.domain.account_names import AccountNames, name_key


class LineKind(StrEnum):
    """What a bank line is that is not customers' money."""

    OWN_TRANSFER = "own_transfer"
    PROVIDER_PAYOUT = "provider_payout"
    BANK_FEE = "bank_fee"
    TAX = "tax"
    VENDOR_PAYMENT = "vendor_payment"


class Direction(StrEnum):
    """Which lines a rule speaks of: money in, money out, or both."""

    IN = "in"
    OUT = "out"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLineRule:
    """A line is `kind` when all that is said holds; of several accounts, names or texts any one does.

    `accounts` are the other party's; `names` and `texts` are phrases of whole words, case aside.
    """

    name: str
    kind: LineKind
    direction: Direction
    accounts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLinePolicy:
    """Rules in their order: the first that fits a line says what it is. `own`: accounts that finance names as ours."""

    rules: tuple[BankLineRule, ...] = ()
    own: AccountNames = field(default_factory=AccountNames)


def words_pattern(phrases: tuple[str, ...]) -> str:
    """A regular expression (RE2) that finds any of `phrases` as whole words: `fee` is not in Fourth Coffee."""
    alternatives = "|".join(r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in phrases)
    return rf"(?i)(^|[^\p{{L}}\p{{N}}])({alternatives})($|[^\p{{L}}\p{{N}}])"


def account_keys(accounts: tuple[str, ...]) -> list[str]:
    """`accounts` as they are compared: blanks, hyphens, case and leading zeros aside."""
    return [name_key(account) for account in accounts]
