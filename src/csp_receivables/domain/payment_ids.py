"""Identity of booked money: the same booking has the same id in every file, family and repetition that reports it.

With a bank's id: account, day, id, amount. Without: account, day, amount, parties and texts. Equal ones within a
statement are told apart by their ordinal, because equal payments on one day are real and must all survive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from csp_receivables.domain.statements import Statement

# How many equal entries without a bank's id the earlier pages of a statement have, by equality key.
EqualsBefore = Callable[[Statement], Mapping[str, int]]

_NO_ID = frozenset({"", "NONREF", "NOTPROVIDED", "NOT PROVIDED"})
_RUNNING_NUMBER_MAX = 5  # digits: a shorter NtryRef is the entry's place in the statement and identifies nothing


def no_equals_before(_statement: Statement) -> Mapping[str, int]:
    """For a file read by itself."""
    return {}


def bank_ref_of(servicer_ref: str, only_detail_ref: str, entry_ref: str) -> str:
    """The id that the bank gave the entry, or "": AcctSvcrRef of the entry, of its only detail, else NtryRef."""
    for ref in (servicer_ref, only_detail_ref):
        if ref.upper() not in _NO_ID:
            return ref
    is_running_number = entry_ref.isdigit() and len(entry_ref) <= _RUNNING_NUMBER_MAX
    return "" if is_running_number or entry_ref.upper() in _NO_ID else entry_ref


@dataclass(slots=True)
class EntryIds:
    """Hands out entry ids for one statement. `known_before` counts equals on earlier pages of the same day."""

    known_before: Mapping[str, int] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)

    def entry_id(self, account: str, day: str, amount: str, bank_ref: str, texts: str) -> str:
        """`day` ISO 8601, `amount` signed minor units with currency, `texts` what tells entries without an id apart."""
        key = equality_key(account, day, amount, bank_ref, texts)
        ordinal = self._seen[key] = self._seen.get(key, 0) + 1
        return nth_entry_id(key, ordinal + self.known_before.get(key, 0))


def equality_key(account: str, day: str, amount: str, bank_ref: str, texts: str) -> str:
    """What equal entries have in common."""
    return "\x1f".join((account, day, amount, bank_ref or "\x1e" + texts))


def texts_of(details: Iterable[tuple[str, str, str, str]]) -> str:
    """What tells entries without an id apart: of each detail end-to-end id, payer's account, reference and text."""
    return "\x1d".join("\x1d".join(detail) for detail in details)


def nth_entry_id(key: str, ordinal: int) -> str:
    """The id of the `ordinal`th (1-based) of the entries that share `key`."""
    return hashlib.sha256(f"{key}\x1f{ordinal}".encode()).hexdigest()[:32]


def payment_id_of(entry_id: str, ordinal: int, amount: int, status: str) -> str:
    """The id of a detail. A pending one never shares it: what is pending may be booked otherwise, or not at all."""
    return hashlib.sha256(f"{entry_id}\x1f{ordinal}\x1f{amount}\x1f{status}".encode()).hexdigest()[:32]
